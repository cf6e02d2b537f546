import type { StoredRecord } from '../log/log.js'
import { StreamEntry, type StreamColumns } from './entry.js'
import { isMetastream, originalOf, parseMetadata } from './metadata.js'
import { Names } from './names.js'
import { OrdinalLists } from './ordinals.js'

const METASTREAM_MARK = '$'.charCodeAt(0)

/** What memory holds of all streams: by name where their events stand in the log. */
export class StreamTable {
  readonly #names = new Names()
  readonly #columns: StreamColumns = { ordinals: new OrdinalLists(), tombstones: new Map(), metadata: new Map(), unconfirmed: new Map() }
  /** The one that was asked for last is often the one that is asked for next. */
  #last: StreamEntry | undefined

  find (stream: string): StreamEntry | undefined {
    if (this.#last?.name === stream) return this.#last
    const number = this.#names.find(stream)
    if (number === -1) return undefined
    this.#last = new StreamEntry(stream, number, this.#columns)
    return this.#last
  }

  /** The entry of a stream that something is written to, or to its metadata. */
  entry (stream: string): StreamEntry {
    if (this.#last?.name === stream) return this.#last
    const number = this.#names.add(stream)
    this.#known(number)
    this.#last = new StreamEntry(stream, number, this.#columns)
    return this.#last
  }

  * names (): Generator<string> {
    for (let number = 0; number < this.#names.count; number++) yield this.#names.nameOf(number)
  }

  /** The head as writers see it, confirmed or not; -1 for none. */
  writtenHead (stream: string): number {
    return (this.find(stream)?.length ?? 0) - 1
  }

  /** Whether a tombstone stands below an ordinal: the stream's own, or that of the stream whose metadata it holds. */
  isTombstoned (stream: string, below: number): boolean {
    if (this.#columns.tombstones.size === 0) return false
    const tombstone = this.find(stream)?.tombstone ?? (isMetastream(stream) ? this.find(originalOf(stream))?.tombstone : undefined)
    return tombstone !== undefined && tombstone < below
  }

  /** Takes the records of a log that is opened, in their order; of their bytes nothing is kept. */
  restore (found: StoredRecord, ordinal: number): void {
    const { buffer, streamFrom, streamTo } = found
    const number = this.#names.addBytes(buffer, streamFrom, streamTo)
    this.#known(number)
    if (found.isTombstone) this.#columns.tombstones.set(number, ordinal)
    else this.#columns.ordinals.push(number, ordinal)
    if (buffer[streamFrom] === METASTREAM_MARK && buffer[streamFrom + 1] === METASTREAM_MARK) {
      const { stream, json, data } = found.record()
      this.entry(originalOf(stream)).metadata = parseMetadata(json, data)
    }
  }

  /** Nothing that writers find is newer than what readers find. */
  allConfirmed (): void {
    const { unconfirmed } = this.#columns
    // To clear a map takes its time even where there is nothing in it.
    if (unconfirmed.size > 0) unconfirmed.clear()
  }

  /** Takes back what the log did not keep: all from an ordinal on. */
  forgetFrom (ordinal: number): void {
    const { ordinals, tombstones, metadata, unconfirmed } = this.#columns
    unconfirmed.clear()
    for (const [number, tombstone] of tombstones) if (tombstone >= ordinal) tombstones.delete(number)
    for (let number = this.#names.count - 1; number >= 0; number--) {
      let length = ordinals.length(number)
      while (length > 0 && ordinals.at(number, length - 1) >= ordinal) {
        ordinals.pop(number)
        length--
      }
      // What nobody could ever write to must not stay, or a disk that is full would fill the memory too.
      if (length > 0 || number !== this.#names.count - 1 || tombstones.has(number) || metadata.has(number)) continue
      this.#names.removeLast()
      ordinals.removeLastList()
    }
    this.#last = undefined
  }

  #known (number: number): void {
    if (number === this.#columns.ordinals.count) this.#columns.ordinals.addList()
  }
}
