import type { Log } from '../log/log.js'
import { affordable, onePage } from '../log/page.js'
import type { LogRecord, Resolved } from '../log/record.js'
import type { StreamEntry } from './entry.js'
import { Followers } from './followers.js'
import { linkTarget } from './link.js'
import { isSoftDeleted } from './metadata.js'
import type { StreamTable } from './table.js'
import { firstVisible, isVisible } from './visible.js'

/** What a reader finds in a stream's place. */
export type StreamState = 'none' | 'live' | 'soft-deleted' | 'tombstoned'

/** What readers may see of the streams: nothing that does not stand in the log for good, or that metadata hides. */
export class ReadableStreams {
  readonly log: Log
  readonly followers = new Followers()
  protected readonly table: StreamTable

  constructor (log: Log, table: StreamTable) {
    this.log = log
    this.table = table
  }

  /** Revision of the stream's last event, seen or not; -1n when there is none. A tombstone does not count. */
  head (stream: string): bigint {
    return BigInt(this.#head(this.table.find(stream)))
  }

  state (stream: string): StreamState {
    if (this.table.isTombstoned(stream, this.log.confirmed)) return 'tombstoned'
    const entry = this.table.find(stream)
    if (entry === undefined) return 'none'
    if (isSoftDeleted(entry.metadata)) return 'soft-deleted'
    return this.#head(entry) < 0 ? 'none' : 'live'
  }

  /** The tombstone of a stream that has one. */
  async tombstoneOf (stream: string): Promise<LogRecord | undefined> {
    const ordinal = this.table.find(stream)?.tombstone
    if (ordinal === undefined || ordinal >= this.log.confirmed) return undefined
    return (await this.log.read([ordinal]))[0]
  }

  /**
   * Up to `count` events from a revision on, upwards; from the first that may be seen when that is higher. Fewer, but at least one, when
   * they are large.
   */
  async readForwards (stream: string, from: bigint, count: number): Promise<LogRecord[]> {
    const entry = this.table.find(stream)
    if (entry === undefined || this.state(stream) !== 'live') return []
    const head = this.#head(entry)
    const bound = firstVisible(entry, head, this.log)
    const first = typeof bound === 'number' ? bound : await bound
    if (from > BigInt(head)) return []
    const start = Math.max(Number(from), first)
    return await this.log.read(onePage(this.log, entry.ordinals(start, Math.min(start + count, head + 1))))
  }

  /** Up to `count` events from a revision on, downwards; from the head when that is lower. Fewer when they are large, too. */
  async readBackwards (stream: string, from: bigint, count: number): Promise<LogRecord[]> {
    const entry = this.table.find(stream)
    if (entry === undefined || this.state(stream) !== 'live') return []
    const head = this.#head(entry)
    const bound = firstVisible(entry, head, this.log)
    const first = typeof bound === 'number' ? bound : await bound
    const start = from > BigInt(head) ? head : Number(from)
    if (start < first) return []
    return await this.log.read(onePage(this.log, entry.ordinals(Math.max(first, start - count + 1), start + 1).reverse()))
  }

  /** The names of the streams that begin like this. */
  * named (prefix: string): Generator<string> {
    for (const name of this.table.names()) if (name.startsWith(prefix)) yield name
  }

  /** Follows a link; see {@link Resolved}. */
  async resolve (record: LogRecord): Promise<Resolved> {
    const target = linkTarget(record)
    if (target === undefined) return { event: record }
    const { stream, revision } = target
    const entry = stream === undefined ? undefined : this.table.find(stream)
    if (entry === undefined || this.state(stream!) !== 'live') return { link: record }
    const head = this.#head(entry)
    const ordinal = revision > BigInt(head) ? undefined : ordinalOf(entry, head, revision)
    if (ordinal === undefined) return { link: record }
    const event = (await this.log.read([ordinal]))[0]!
    return isVisible(entry, head, event) ? { event, link: record } : { link: record }
  }

  /** Follows each link among records; among the first of them when what they lead to is large. */
  async resolveAll (records: readonly LogRecord[]): Promise<Resolved[]> {
    const count = affordable(this.log, records.map((record) => this.#targetOf(record)))
    return await Promise.all((count === records.length ? records : records.slice(0, count)).map((record) => this.resolve(record)))
  }

  /** Where the record that a link leads to stands. */
  #targetOf (record: LogRecord): number | undefined {
    const target = linkTarget(record)
    const entry = target?.stream === undefined ? undefined : this.table.find(target.stream)
    const ordinal = entry && ordinalOf(entry, this.#head(entry), target!.revision)
    return ordinal !== undefined && ordinal < this.log.confirmed ? ordinal : undefined
  }

  #head (entry: StreamEntry | undefined): number {
    return entry === undefined ? -1 : entry.confirmedHead(this.log.confirmed)
  }
}

/** Where the revision that a link names stands. */
function ordinalOf (entry: StreamEntry, head: number, revision: bigint): number | undefined {
  return entry.ordinalAt(revision === -1n ? head : Number(revision))
}
