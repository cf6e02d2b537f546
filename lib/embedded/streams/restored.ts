import { TOMBSTONE_TYPE } from '../log/record.js'
import type { LogRecord } from '../log/record.js'
import type { StreamEntry } from './entry.js'
import { isMetastream, originalOf, parseMetadata } from './metadata.js'

const EMPTY = new Uint8Array(0)

/** What memory holds of the streams, made again from the records of a log. */
export class RestoredStreams {
  readonly entries = new Map<string, StreamEntry>()

  /** Takes the records in the order of the log; of their bytes nothing is kept. */
  take (record: LogRecord, ordinal: number): void {
    const entry = this.#entry(record.stream)
    if (record.type === TOMBSTONE_TYPE) entry.tombstone = ordinal
    else entry.ordinals.push(ordinal)
    if (isMetastream(record.stream)) this.#entry(originalOf(record.stream)).metadata = parseMetadata(record.json, record.data)
  }

  #entry (name: string): StreamEntry {
    let entry = this.entries.get(name)
    if (entry === undefined) {
      entry = { name, ordinals: [], metadata: parseMetadata(false, EMPTY) }
      this.entries.set(name, entry)
    }
    return entry
  }
}
