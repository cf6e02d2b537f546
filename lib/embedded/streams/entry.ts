import type { StreamMetadata } from './metadata.js'
import type { OrdinalLists } from './ordinals.js'

/** What memory holds of all streams, by their numbers. What few have stands in maps. */
export interface StreamColumns {
  /** Where in the log the events of each stream stand, by revision; the newest of them may not be confirmed yet. */
  readonly ordinals: OrdinalLists
  /** The ordinal of a stream's tombstone. */
  readonly tombstones: Map<number, number>
  /** A stream's metadata for readers, where there is any: the newest that is confirmed. */
  readonly metadata: Map<number, StreamMetadata>
  /** A stream's metadata for writers, while that is newer than the readers'. */
  readonly unconfirmed: Map<number, StreamMetadata>
}

const NO_METADATA: StreamMetadata = Object.freeze({})

/** One stream, as a look into the columns. */
export class StreamEntry {
  readonly name: string
  readonly number: number
  readonly #columns: StreamColumns

  constructor (name: string, number: number, columns: StreamColumns) {
    this.name = name
    this.number = number
    this.#columns = columns
  }

  /** How many events there are, confirmed or not. */
  get length (): number {
    return this.#columns.ordinals.length(this.number)
  }

  /** Where the event with this revision stands in the log; nothing where there is none. */
  ordinalAt (revision: number): number | undefined {
    return revision >= 0 && revision < this.length ? this.#columns.ordinals.at(this.number, revision) : undefined
  }

  /** Where the events from one revision up to, without, another stand. */
  ordinals (from: number, to: number): number[] {
    return this.#columns.ordinals.slice(this.number, from, to)
  }

  add (ordinal: number): void {
    this.#columns.ordinals.push(this.number, ordinal)
  }

  get tombstone (): number | undefined {
    return this.#columns.tombstones.get(this.number)
  }

  set tombstone (ordinal: number) {
    this.#columns.tombstones.set(this.number, ordinal)
  }

  /** The metadata that a reader finds. */
  get metadata (): StreamMetadata {
    return this.#columns.metadata.get(this.number) ?? NO_METADATA
  }

  set metadata (metadata: StreamMetadata) {
    if (Object.keys(metadata).length === 0) this.#columns.metadata.delete(this.number)
    else this.#columns.metadata.set(this.number, metadata)
  }

  /** The metadata that a writer finds. */
  get writersMetadata (): StreamMetadata {
    return this.#columns.unconfirmed.get(this.number) ?? this.metadata
  }

  set writersMetadata (metadata: StreamMetadata) {
    this.#columns.unconfirmed.set(this.number, metadata)
  }

  /** Revision of the last event that a reader may see, where the log is confirmed up to an ordinal; -1 for none. */
  confirmedHead (confirmed: number): number {
    const { ordinals } = this.#columns
    let head = this.length - 1
    while (head >= 0 && ordinals.at(this.number, head) >= confirmed) head--
    return head
  }
}
