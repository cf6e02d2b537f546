import type { StreamMetadata } from './metadata.js'

/** What the server keeps in memory of one stream. */
export interface StreamEntry {
  readonly name: string
  /** The ordinal of each of its events in the log, by revision; the newest of them may not be confirmed yet. */
  readonly ordinals: number[]
  /** The ordinal of its tombstone. */
  tombstone?: number
  /** Its metadata for readers: the newest that is confirmed. */
  metadata: StreamMetadata
  /** Its metadata for writers, while that is newer than the readers'. */
  unconfirmed?: StreamMetadata
}

/** The metadata that a writer finds. */
export function writersMetadata (entry: StreamEntry): StreamMetadata {
  return entry.unconfirmed ?? entry.metadata
}

/** Revision of the last event that a reader may see, where the log is confirmed up to an ordinal; -1 for none. */
export function confirmedHead (entry: StreamEntry, confirmed: number): number {
  let head = entry.ordinals.length - 1
  while (head >= 0 && entry.ordinals[head]! >= confirmed) head--
  return head
}
