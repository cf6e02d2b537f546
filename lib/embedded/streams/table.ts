import { TOMBSTONE_REVISION, type LogRecord } from '../log/record.js'
import type { StreamEntry } from './entry.js'
import { isMetastream, originalOf, parseMetadata } from './metadata.js'

const EMPTY = new Uint8Array(0)

/** What memory holds of all streams: by name where their events stand in the log. */
export class StreamTable {
  readonly #entries = new Map<string, StreamEntry>()

  find (stream: string): StreamEntry | undefined {
    return this.#entries.get(stream)
  }

  /** The entry of a stream that something is written to, or to its metadata. */
  entry (stream: string): StreamEntry {
    let entry = this.#entries.get(stream)
    if (entry === undefined) {
      entry = { name: stream, ordinals: [], metadata: parseMetadata(false, EMPTY) }
      this.#entries.set(stream, entry)
    }
    return entry
  }

  all (): IterableIterator<StreamEntry> {
    return this.#entries.values()
  }

  /** The head as writers see it, confirmed or not; -1 for none. */
  writtenHead (stream: string): number {
    return (this.#entries.get(stream)?.ordinals.length ?? 0) - 1
  }

  /** Whether a tombstone stands below an ordinal: the stream's own, or that of the stream whose metadata it holds. */
  isTombstoned (stream: string, below: number): boolean {
    const tombstone = this.#entries.get(stream)?.tombstone ??
      (isMetastream(stream) ? this.#entries.get(originalOf(stream))?.tombstone : undefined)
    return tombstone !== undefined && tombstone < below
  }

  /** Takes the records of a log that is opened, in their order; of their bytes nothing is kept. */
  restore (record: LogRecord, ordinal: number): void {
    const entry = this.entry(record.stream)
    if (record.revision === TOMBSTONE_REVISION) entry.tombstone = ordinal
    else entry.ordinals.push(ordinal)
    if (isMetastream(record.stream)) this.entry(originalOf(record.stream)).metadata = parseMetadata(record.json, record.data)
  }
}
