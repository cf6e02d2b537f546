import { LINK_TYPE } from '../log/record.js'
import type { LogRecord, Resolved } from '../log/record.js'
import { Message } from './message.js'
import { pageSize } from './settings.js'
import type { GroupSettings } from './settings.js'
import type { Source } from './source.js'

/** Where a reader puts what it has read. */
export interface Sink {
  /** How many messages wait there. */
  readonly waitingCount: number
  take (messages: readonly Message[]): void
  /** The source cannot be read, now or ever. */
  failed (error: unknown): void
}

/**
 * Brings a group the events of its source, once each and in order: by pages of history while it is behind, as they are
 * committed once it has caught up. It goes back to history when the group does not keep up.
 */
export class Reader {
  #source: Source
  #settings: GroupSettings
  #resolve: (record: LogRecord) => Promise<Resolved>
  #sink: Sink
  #next = 0n
  #previous: bigint | undefined
  #lastKnown: bigint | undefined
  #started = false
  #live = false
  #reading = false
  /** Changes whenever what is under way is no longer wanted. */
  #course = 0
  /** Read, but not resolved yet. */
  #unresolved: LogRecord[] = []
  #resolving = 0
  /** Committed since the group fell behind and not read yet, as far as the live buffer would hold them. */
  #missedLive = 0

  constructor (source: Source, settings: GroupSettings, resolve: (record: LogRecord) => Promise<Resolved>, sink: Sink) {
    this.#source = source
    this.#settings = settings
    this.#resolve = resolve
    this.#sink = sink
  }

  get isLive (): boolean {
    return this.#live
  }

  get isReading (): boolean {
    return this.#reading
  }

  get liveBufferCount (): number {
    return this.#missedLive
  }

  /** The furthest event of the source that this reader has heard of. */
  get lastKnown (): bigint | undefined {
    return this.#lastKnown
  }

  /** Reads from a position on, whatever it has read before. Messages that are under way do not arrive any more. */
  start (from: bigint): void {
    this.#course++
    this.#next = from
    this.#previous = from > 0n ? from - 1n : undefined
    this.#unresolved = []
    this.#resolving = 0
    this.#reading = false
    this.#missedLive = 0
    this.#started = true
    this.#live = from > this.#source.head()
    this.pull()
  }

  stop (): void {
    this.#course++
    this.#started = false
    this.#live = false
    this.#unresolved = []
  }

  /** An event of the source was committed. */
  committed (record: LogRecord): void {
    const position = this.#source.positionOf(record)
    if (this.#lastKnown === undefined || position > this.#lastKnown) this.#lastKnown = position
    if (!this.#started || position < this.#next) return
    if (this.#live && this.#room <= 0) this.#live = false
    if (this.#live) {
      this.#next = position + 1n
      this.#bring([record])
    } else {
      this.#missedLive = Math.min(this.#missedLive + 1, this.#settings.liveBufferSize)
    }
  }

  /** Reads on if the group is behind and has room. */
  pull (): void {
    if (!this.#started || this.#live || this.#reading || this.#room <= this.#settings.readBatchSize) return
    this.#reading = true
    const course = this.#course
    this.#source.read(this.#next, pageSize(this.#settings)).then(
      ({ records, next }) => {
        if (course !== this.#course) return
        this.#reading = false
        this.#next = next
        this.#missedLive = Math.max(0, this.#missedLive - records.length)
        const last = records.at(-1)
        if (last !== undefined) {
          const position = this.#source.positionOf(last)
          if (this.#lastKnown === undefined || position > this.#lastKnown) this.#lastKnown = position
        }
        // What is committed from here on is announced after this turn, so that nothing falls between the two.
        this.#live = next > this.#source.head()
        if (this.#live) this.#missedLive = 0
        this.#bring(records)
        this.pull()
      },
      (error: unknown) => {
        if (course !== this.#course) return
        this.#reading = false
        this.#sink.failed(error)
      }
    )
  }

  get #room (): number {
    return this.#settings.historyBufferSize - this.#sink.waitingCount - this.#unresolved.length - this.#resolving
  }

  #bring (records: readonly LogRecord[]): void {
    if (records.length === 0) return
    const atOnce = this.#resolving === 0 && !records.some((record) => this.#needsResolving(record))
    if (atOnce) {
      this.#sink.take(records.map((record) => this.#message({ event: record }, record)))
      return
    }
    this.#unresolved.push(...records)
    if (this.#resolving === 0) this.#resolveWaiting()
  }

  #resolveWaiting (): void {
    const course = this.#course
    const records = this.#unresolved
    this.#unresolved = []
    this.#resolving = records.length
    Promise.all(records.map((record) => (this.#needsResolving(record) ? this.#resolve(record) : { event: record }))).then(
      (resolved) => {
        if (course !== this.#course) return
        this.#resolving = 0
        this.#sink.take(records.map((record, i) => this.#message(resolved[i] ?? { event: record }, record)))
        if (this.#unresolved.length > 0) this.#resolveWaiting()
      },
      (error: unknown) => {
        if (course !== this.#course) return
        this.#sink.failed(error)
      }
    )
  }

  #needsResolving (record: LogRecord): boolean {
    return this.#settings.resolveLinks && record.type === LINK_TYPE
  }

  #message (resolved: Resolved, record: LogRecord): Message {
    const position = this.#source.positionOf(record)
    const message = new Message(resolved, position, this.#previous, false)
    this.#previous = position
    return message
  }
}
