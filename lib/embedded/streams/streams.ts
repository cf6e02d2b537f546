import { randomUUID } from 'node:crypto'
import type { Log } from '../log/log.js'
import { METADATA_TYPE, TOMBSTONE_REVISION, TOMBSTONE_TYPE, ticksNow, type LogRecord, type Resolved } from '../log/record.js'
import type { AppendRequest, AppendResult, Expected, NewRecord } from './append.js'
import { confirmedHead, type StreamEntry } from './entry.js'
import { judge, type Verdict } from './expected.js'
import { linkTarget } from './link.js'
import { SOFT_DELETED, isMetastream, isSoftDeleted, metastreamOf, originalOf, parseMetadata, withTruncateBefore } from './metadata.js'
import { firstVisible, isVisible } from './visible.js'
import { RecentIds } from './recent-ids.js'

/** What a reader finds in a stream's place. */
export type StreamState = 'none' | 'live' | 'soft-deleted' | 'tombstoned'

/** Gets the records of each commit, in the order of the log, once they survive a crash. It must not throw. */
export type CommitListener = (records: readonly LogRecord[]) => void

/** Limits of an append, in bytes: data, metadata, and twice the letters of the type. */
export interface StreamLimits {
  maxAppendSize: number
  maxAppendEventSize: number
}

export type DeleteResult = Exclude<AppendResult, { kind: 'append_too_large' | 'event_too_large' }>

/** The events that one commit adds to one stream. */
interface Part {
  stream: string
  events: readonly NewRecord[]
  /** Whether appends are to know these ids again. */
  remember: boolean
}

const EMPTY = new Uint8Array(0)

/**
 * The streams of the one log: who may append what, what stands where, and what a reader may see of it. Whatever is
 * answered, read, or told to a listener stands in the log for good.
 */
export class Streams {
  readonly log: Log
  readonly #limits: StreamLimits
  readonly #entries: Map<string, StreamEntry>
  readonly #recent = new RecentIds()
  readonly #listeners = new Set<CommitListener>()
  readonly #idAt: (ordinal: number) => string
  /** Settles with the commit that was made last. */
  #lastCommit: Promise<void> = Promise.resolve()
  /** Rises with each failure of the log, so that one failure is mended once. */
  #failures = 0

  /** @param entries what stands in the log already */
  constructor (log: Log, limits: StreamLimits, entries = new Map<string, StreamEntry>()) {
    this.log = log
    this.#entries = entries
    this.#limits = limits
    this.#idAt = (ordinal) => log.idAt(ordinal)
  }

  /**
   * Appends events to one stream, all or none, next to each other.
   * @throws what the log says when it cannot write
   */
  append (request: AppendRequest): Promise<AppendResult> {
    const { stream, expected, events } = request
    const refusal = this.#tooLarge(events)
    if (refusal !== undefined) return Promise.resolve(refusal)
    const verdict = this.#judge(stream, expected, events)
    return this.#unlessWritable(stream, verdict) ?? this.#append(stream, events, verdict.kind === 'write' && verdict.undelete)
  }

  /**
   * Appends events to several streams without any check, in one commit, and without being known again by their ids: for
   * what the server itself writes in bulk.
   */
  appendAll (parts: readonly { stream: string, events: readonly NewRecord[] }[]): Promise<void> {
    return this.#commit(parts.map((part) => ({ ...part, remember: false }))).done
  }

  /** Makes the JSON the stream's metadata, all of it. */
  setMetadata (stream: string, json: string): Promise<AppendResult> {
    return this.append({ stream: metastreamOf(stream), expected: 'any', events: [metadataEvent(Buffer.from(json))] })
  }

  /**
   * Hides all that stands in the stream; who writes to it again begins after it. The stream's other metadata is gone. A
   * stream that was never written cannot be deleted, whatever is expected.
   */
  softDelete (stream: string, expected: Expected = 'any'): Promise<DeleteResult> {
    const verdict = this.#judge(stream, expected, [])
    const answer = this.#unlessWritable(stream, verdict)
    if (answer !== undefined) return answer as Promise<DeleteResult>
    if (this.#writtenHead(stream) < 0 && !this.#hasMetadata(stream)) return Promise.resolve({ kind: 'conflict', current: -1n })
    const { done, last } = this.#commit([{ stream: metastreamOf(stream), events: [metadataEvent(Buffer.from(SOFT_DELETED))], remember: false }])
    return done.then(() => ({ kind: 'written', revision: BigInt(this.#writtenHead(stream)), position: last.position }))
  }

  /** Ends the stream for ever. */
  tombstone (stream: string, expected: Expected = 'any'): Promise<DeleteResult> {
    const answer = this.#unlessWritable(stream, this.#judge(stream, expected, []))
    if (answer !== undefined) return answer as Promise<DeleteResult>
    const record: LogRecord = {
      position: 0n,
      stream,
      revision: TOMBSTONE_REVISION,
      id: randomUUID(),
      type: TOMBSTONE_TYPE,
      json: false,
      data: EMPTY,
      metadata: EMPTY,
      created: ticksNow()
    }
    const { first, durable } = this.log.append([record])
    this.#entry(stream).tombstone = first
    return this.#settle([record], durable).then(() => ({ kind: 'written', revision: TOMBSTONE_REVISION, position: record.position }))
  }

  /** Revision of the stream's last event, seen or not; -1n when there is none. A tombstone does not count. */
  head (stream: string): bigint {
    return BigInt(this.#head(this.#entries.get(stream)))
  }

  state (stream: string): StreamState {
    if (this.#isTombstoned(stream, this.log.confirmed)) return 'tombstoned'
    const entry = this.#entries.get(stream)
    if (entry === undefined) return 'none'
    if (isSoftDeleted(entry.metadata)) return 'soft-deleted'
    return this.#head(entry) < 0 ? 'none' : 'live'
  }

  /** The tombstone of a stream that has one. */
  async tombstoneOf (stream: string): Promise<LogRecord | undefined> {
    const ordinal = this.#entries.get(stream)?.tombstone
    if (ordinal === undefined || ordinal >= this.log.confirmed) return undefined
    return (await this.log.read([ordinal]))[0]
  }

  /** The lowest revision that may be seen; above the head when none may. */
  async firstRevision (stream: string): Promise<bigint> {
    const entry = this.#entries.get(stream)
    return entry === undefined ? 0n : BigInt(await firstVisible(entry, this.#head(entry), this.log))
  }

  /** Up to `count` events from a revision on, upwards; from the first that may be seen when that is higher. */
  async readForwards (stream: string, from: bigint, count: number): Promise<LogRecord[]> {
    const entry = this.#entries.get(stream)
    if (entry === undefined || this.state(stream) !== 'live') return []
    const head = this.#head(entry)
    const bound = firstVisible(entry, head, this.log)
    const first = typeof bound === 'number' ? bound : await bound
    if (from > BigInt(head)) return []
    const start = Math.max(Number(from), first)
    return await this.log.read(entry.ordinals.slice(start, Math.min(start + count, head + 1)))
  }

  /** Up to `count` events from a revision on, downwards; from the head when that is lower. */
  async readBackwards (stream: string, from: bigint, count: number): Promise<LogRecord[]> {
    const entry = this.#entries.get(stream)
    if (entry === undefined || this.state(stream) !== 'live') return []
    const head = this.#head(entry)
    const bound = firstVisible(entry, head, this.log)
    const first = typeof bound === 'number' ? bound : await bound
    const start = from > BigInt(head) ? head : Number(from)
    if (start < first) return []
    return await this.log.read(entry.ordinals.slice(Math.max(first, start - count + 1), start + 1).reverse())
  }

  /** The names of the streams that begin like this. */
  * named (prefix: string): Generator<string> {
    for (const name of this.#entries.keys()) if (name.startsWith(prefix)) yield name
  }

  /** Follows a link; see {@link Resolved}. */
  async resolve (record: LogRecord): Promise<Resolved> {
    const target = linkTarget(record)
    if (target === undefined) return { event: record }
    const entry = this.#entries.get(target.stream)
    if (entry === undefined || this.state(target.stream) !== 'live') return { link: record }
    const head = this.#head(entry)
    if (target.revision > BigInt(head)) return { link: record }
    const event = (await this.log.read([entry.ordinals[Number(target.revision)]!]))[0]!
    return isVisible(entry, head, event) ? { event, link: record } : { link: record }
  }

  /** Follows each link among records. */
  async resolveAll (records: readonly LogRecord[]): Promise<Resolved[]> {
    return await Promise.all(records.map((record) => this.resolve(record)))
  }

  /** Tells a listener of each commit from now on, until the function that it returns is called. */
  onCommit (listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Forgets the ids of recent events, as a restart does: an append that expects `any` is then written again. */
  forgetRecentIds (): void {
    this.#recent.clear()
  }

  /** Resolves when all that was handed to the log so far is decided. */
  async settled (): Promise<void> {
    await this.#lastCommit.catch(() => {})
  }

  #judge (stream: string, expected: Expected, events: readonly NewRecord[]): Verdict {
    return judge(expected, events, {
      entry: this.#entries.get(stream),
      tombstoned: this.#isTombstoned(stream, Infinity),
      hasMetadata: expected === 'stream_exists' && this.#hasMetadata(stream),
      recent: this.#recent,
      idAt: this.#idAt
    })
  }

  #unlessWritable (stream: string, verdict: Verdict): Promise<AppendResult> | undefined {
    switch (verdict.kind) {
      case 'write': return undefined
      case 'deleted': return Promise.resolve({ kind: 'deleted' })
      case 'conflict': return Promise.resolve({ kind: 'conflict', current: BigInt(this.#writtenHead(stream)) })
      case 'known': return this.#confirmed(verdict.ordinal, BigInt(verdict.revision))
    }
  }

  async #append (stream: string, events: readonly NewRecord[], undelete: boolean): Promise<AppendResult> {
    const head = this.#writtenHead(stream)
    const parts: Part[] = [{ stream, events, remember: true }]
    if (undelete) {
      parts.push({ stream: metastreamOf(stream), events: [metadataEvent(this.#visibleFrom(head + 1))], remember: false })
    }
    if (isMetastream(stream) && events.length > 0) {
      const original = originalOf(stream)
      const entry = this.#entries.get(original)
      if (entry !== undefined && isSoftDeleted(entry.unconfirmed ?? entry.metadata)) {
        const data = withTruncateBefore(events[events.length - 1]!.data, BigInt(this.#writtenHead(original) + 1))
        parts.push({ stream, events: [metadataEvent(data)], remember: false })
      }
    }
    if (events.length === 0 && !undelete) {
      const ordinal = this.#entries.get(stream)?.ordinals[head] ?? -1
      return await this.#confirmed(ordinal, BigInt(head), this.log.lastPosition)
    }
    const { done, records } = this.#commit(parts)
    await done
    const position = records[Math.max(events.length, 1) - 1]!.position
    return { kind: 'written', revision: BigInt(head + events.length), position }
  }

  /** The answer to who sends again what stands at an ordinal: given once that survives a crash. */
  async #confirmed (ordinal: number, revision: bigint, position?: bigint): Promise<AppendResult> {
    if (ordinal >= this.log.confirmed) await this.#lastCommit
    return { kind: 'written', revision, position: position ?? this.log.positionAt(ordinal) }
  }

  #visibleFrom (revision: number): Buffer {
    // A soft delete leaves nothing else in the metadata, and whatever was written since has undone it.
    return withTruncateBefore(EMPTY, BigInt(revision))
  }

  #commit (parts: readonly Part[]): { done: Promise<void>, records: LogRecord[], last: LogRecord } {
    const created = ticksNow()
    const records: LogRecord[] = []
    const heads = new Map<StreamEntry, number>()
    for (const { stream, events } of parts) {
      const entry = this.#entry(stream)
      let revision = heads.get(entry) ?? entry.ordinals.length - 1
      for (const { id, type, json, data, metadata } of events) {
        revision++
        records.push({ position: 0n, stream, revision: BigInt(revision), id, type, json, data, metadata, created })
      }
      heads.set(entry, revision)
    }
    const { first, durable } = this.log.append(records)
    let ordinal = first
    for (const { stream, events, remember } of parts) {
      const entry = this.#entry(stream)
      for (const event of events) {
        if (remember) this.#recent.add(event.id, entry, entry.ordinals.length, ordinal)
        entry.ordinals.push(ordinal++)
      }
      const last = events[events.length - 1]
      if (last !== undefined && isMetastream(stream)) {
        this.#entry(originalOf(stream)).unconfirmed = parseMetadata(last.json, last.data)
      }
    }
    return { done: this.#settle(records, durable), records, last: records[records.length - 1]! }
  }

  #settle (records: readonly LogRecord[], durable: Promise<void>): Promise<void> {
    const failures = this.#failures
    this.#lastCommit = durable.then(() => { this.#show(records) }, (error: unknown) => {
      if (failures === this.#failures) this.#rollBack()
      throw error
    })
    return this.#lastCommit
  }

  #show (records: readonly LogRecord[]): void {
    for (const record of records) {
      if (isMetastream(record.stream)) {
        this.#entry(originalOf(record.stream)).metadata = parseMetadata(record.json, record.data)
      }
    }
    for (const listener of this.#listeners) listener(records)
  }

  /** Takes back what the log did not keep: everything that is not confirmed. */
  #rollBack (): void {
    this.#failures++
    const { confirmed } = this.log
    this.#recent.forgetFrom(confirmed)
    for (const entry of this.#entries.values()) {
      while (entry.ordinals.length > 0 && entry.ordinals[entry.ordinals.length - 1]! >= confirmed) entry.ordinals.pop()
      if (entry.tombstone !== undefined && entry.tombstone >= confirmed) delete entry.tombstone
      delete entry.unconfirmed
    }
  }

  #tooLarge (events: readonly NewRecord[]): AppendResult | undefined {
    const { maxAppendSize, maxAppendEventSize } = this.#limits
    let sum = 0
    for (const event of events) {
      const size = event.data.length + event.metadata.length + 2 * event.type.length
      if (size > maxAppendEventSize) return { kind: 'event_too_large', limit: maxAppendEventSize, id: event.id, size }
      sum += size
    }
    return sum > maxAppendSize ? { kind: 'append_too_large', limit: maxAppendSize } : undefined
  }

  #entry (stream: string): StreamEntry {
    let entry = this.#entries.get(stream)
    if (entry === undefined) {
      entry = { name: stream, ordinals: [], metadata: parseMetadata(false, EMPTY) }
      this.#entries.set(stream, entry)
    }
    return entry
  }

  #head (entry: StreamEntry | undefined): number {
    return entry === undefined ? -1 : confirmedHead(entry, this.log.confirmed)
  }

  /** The head as writers see it, confirmed or not. */
  #writtenHead (stream: string): number {
    return (this.#entries.get(stream)?.ordinals.length ?? 0) - 1
  }

  #hasMetadata (stream: string): boolean {
    return this.#writtenHead(metastreamOf(stream)) >= 0
  }

  #isTombstoned (stream: string, below: number): boolean {
    const tombstone = this.#entries.get(stream)?.tombstone ?? (isMetastream(stream) ? this.#entries.get(originalOf(stream))?.tombstone : undefined)
    return tombstone !== undefined && tombstone < below
  }
}

function metadataEvent (data: Buffer): NewRecord {
  return { id: randomUUID(), type: METADATA_TYPE, json: true, data, metadata: EMPTY }
}
