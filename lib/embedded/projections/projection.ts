import { randomUUID } from 'node:crypto'
import { readPage } from '../log/page.js'
import { METADATA_TYPE, type LogRecord } from '../log/record.js'
import { metastreamOf, type NewRecord, type Streams } from '../streams/index.js'
import { LogCursor } from './log-cursor.js'
import { markedPosition, OwnMark } from './mark.js'
import { Pace } from './pace.js'
import { isProjected, type Rule } from './rule.js'
import { ProjectionState } from './state.js'
import { saysWhatItIs } from './valid-json.js'

/** How many records are looked at before what they lead to is written together. */
const PAGE = 500

/** A checkpoint is written after so many records. */
const CHECKPOINT_EVERY = 4_000

const EMPTY = new Uint8Array(0)
const READABLE_BY_ALL = Buffer.from('{"$acl":{"$r":"$all","$mr":"$all"}}')

type Parts = Array<{ stream: string, events: NewRecord[] }>

/**
 * A system projection: what it emits is written in the order of the log, after the records that it is made of are confirmed
 * and by records of its own, many together while one write is under way. So a reader can find an event before its link.
 * All that was looked at together is written together: what has one link of it has all.
 */
export class Projection {
  readonly #streams: Streams
  readonly #rule: Rule
  readonly #own: OwnMark
  readonly #state: ProjectionState
  readonly #pace: Pace
  readonly #enabledAtFirst: boolean
  /** Missing until it runs for the first time. */
  #cursor: LogCursor | undefined
  #running = false
  #held = false
  #fault = ''
  /** Streams of this projection that somebody else has written to. */
  readonly #foreign = new Set<string>()
  #processed = 0
  #sinceCheckpoint = 0
  #changing: Promise<void> = Promise.resolve()
  /** Whether it looks at what was committed, or is about to. */
  #working = false
  /** Called once it no longer works. */
  readonly #waiting: Array<() => void> = []
  #stopListening: (() => void) | undefined

  constructor (streams: Streams, rule: Rule, enabledAtFirst: boolean) {
    this.#streams = streams
    this.#rule = rule
    this.#own = new OwnMark(rule)
    this.#state = new ProjectionState(streams, rule)
    this.#pace = new Pace(streams.followers, rule, this.#look)
    this.#enabledAtFirst = enabledAtFirst
  }

  get name (): string {
    return this.#rule.name
  }

  get status (): string {
    if (this.#fault !== '') return 'Faulted (Enabled)'
    return this.#running ? 'Running' : 'Stopped'
  }

  /** Why it is faulted; empty when it is not. */
  get fault (): string {
    return this.#fault
  }

  /** How far the log was looked through, in percent. */
  get progress (): number {
    const { confirmed } = this.#streams.log
    return confirmed === 0 ? 100 : 100 * Math.min(1, (this.#cursor?.next ?? 0) / confirmed)
  }

  /** Position of the last record that was looked at. */
  get position (): bigint {
    const next = this.#cursor?.next ?? 0
    return next === 0 ? 0n : this.#streams.log.positionAt(next - 1)
  }

  /** How many events were looked at since the start. */
  get processed (): number {
    return this.#processed
  }

  /** Runs if it ran when the log was closed. */
  async start (): Promise<void> {
    if (await this.#state.enabled() ?? this.#enabledAtFirst) await this.#run()
  }

  /**
   * Emits whatever was left out while it was stopped, and goes on.
   * @throws what the log says when it cannot write
   */
  enable (): Promise<void> {
    return this.#change(async () => {
      if (!this.#running) await this.#state.setEnabled(true)
      await this.#run()
    })
  }

  /** @throws what the log says when it cannot write */
  disable (): Promise<void> {
    return this.#change(async () => {
      if (this.#running || this.#fault !== '') await this.#state.setEnabled(false)
      this.#running = false
      this.#fault = ''
      await this.#idle()
    })
  }

  /** Keeps back what it would emit until {@link release}; the status does not tell. */
  hold (): void {
    this.#held = true
  }

  release (): void {
    this.#held = false
    this.#work()
  }

  /** Stops following the log; resolves when no write is under way. */
  async close (): Promise<void> {
    await this.#changing
    this.#running = false
    this.#stopListening?.()
    this.#stopListening = undefined
    await this.#idle()
  }

  #idle (): Promise<void> {
    this.#pace.hurry()
    return this.#working ? new Promise((resolve) => { this.#waiting.push(resolve) }) : Promise.resolve()
  }

  #change (change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change)
    this.#changing = changed.catch(() => {})
    return changed
  }

  async #run (): Promise<void> {
    this.#stopListening ??= this.#streams.onCommit((records) => { this.#hear(records) })
    this.#cursor ??= new LogCursor(this.#streams.log, await this.#reached())
    this.#fault = ''
    this.#running = true
    this.#work()
  }

  /** The ordinal of the first record that was not looked at yet: behind the checkpoint, and behind all that something was emitted for. */
  async #reached (): Promise<number> {
    const { log } = this.#streams
    const checkpoint = await this.#state.checkpoint()
    let next = checkpoint === undefined ? 0 : log.ordinalFrom(checkpoint) + 1
    let last = -1n
    for (let from = next; from < log.confirmed;) {
      const page = await readPage(log, from, from + PAGE)
      from += page.length
      for (const record of page) {
        if (!this.#rule.owns(record.stream)) continue
        const position = this.#own.isOn(record) ? markedPosition(record) : undefined
        if (position === undefined) this.#foreign.add(record.stream)
        else if (position > last) last = position
      }
    }
    if (last >= 0n) next = Math.max(next, log.ordinalFrom(last) + 1)
    return next
  }

  #hear (records: readonly LogRecord[]): void {
    for (const record of records) {
      if (this.#rule.owns(record.stream) && !this.#own.isOn(record)) this.#foreign.add(record.stream)
    }
    this.#cursor?.hear(records, this.#running && !this.#held)
    this.#work()
  }

  #work (): void {
    const cursor = this.#due()
    if (cursor === undefined) return
    const enough = this.#streams.log.confirmed - cursor.next >= PAGE
    if (this.#working) {
      this.#pace.more(enough)
    } else {
      this.#working = true
      this.#pace.begin(enough)
    }
  }

  readonly #look = (): void => {
    const cursor = this.#due()
    if (cursor === undefined) {
      this.#rest()
      return
    }
    const records = cursor.page(PAGE)
    if (Array.isArray(records)) this.#pass(cursor, records)
    else records.then((read) => { this.#pass(cursor, read) }, this.#rest)
  }

  readonly #rest = (): void => {
    this.#working = false
    this.#pace.rest()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #due (): LogCursor | undefined {
    const cursor = this.#cursor
    return this.#running && !this.#held && cursor?.done === false ? cursor : undefined
  }

  #pass (cursor: LogCursor, records: readonly LogRecord[]): void {
    const { parts, looked, fault } = this.#emit(records)
    const last = records[looked - 1]
    // From behind a checkpoint nobody would see any more what others have written.
    const checkpoint = this.#sinceCheckpoint + looked >= CHECKPOINT_EVERY && this.#foreign.size === 0 && last !== undefined
    if (checkpoint) parts.push(...this.#state.checkpointAt(last))
    const passed = (): void => {
      this.#sinceCheckpoint = checkpoint ? 0 : this.#sinceCheckpoint + looked
      cursor.pass(looked)
      if (fault !== undefined) {
        this.#fault = fault
        this.#running = false
      }
      this.#look()
    }
    if (parts.length === 0) passed()
    // Where the log could not write, the next commit shows that it can again.
    else this.#streams.appendAll(parts).then(passed, this.#rest)
  }

  /** What records lead to, up to the first that leads to a stream that is not this projection's alone. */
  #emit (records: readonly LogRecord[]): { parts: Parts, looked: number, fault?: string } {
    const byStream = new Map<string, NewRecord[]>()
    let fault: string | undefined
    let looked = 0
    for (const record of records) {
      const emission = isProjected(record) ? this.#rule.emission(record) : undefined
      if (emission !== undefined && saysWhatItIs(record)) {
        const { stream, event } = emission
        if (this.#foreign.size > 0 && this.#foreign.has(stream)) {
          fault = `Somebody else has written to the stream ${stream}`
          break
        }
        const events = byStream.get(stream)
        if (events === undefined) byStream.set(stream, [event])
        else events.push(event)
        this.#processed++
      }
      looked++
    }
    const parts: Parts = []
    for (const [stream, events] of byStream) {
      if (this.#streams.head(stream) < 0n && this.#streams.head(metastreamOf(stream)) < 0n) parts.push({ stream: metastreamOf(stream), events: [readableByAll()] })
      parts.push({ stream, events })
    }
    return fault === undefined ? { parts, looked } : { parts, looked, fault }
  }
}

function readableByAll (): NewRecord {
  return { id: randomUUID(), type: METADATA_TYPE, json: true, data: READABLE_BY_ALL, metadata: EMPTY }
}
