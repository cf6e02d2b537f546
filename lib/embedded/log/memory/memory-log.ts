import { FamiliarTexts } from '../../text/familiar-texts.js'
import { RepeatedText } from '../../text/repeated-text.js'
import type { Appended, Log } from '../log.js'
import type { LogRecord } from '../record.js'
import { largestSize, Segment, type CommonTexts } from './segment.js'

/**
 * How much memory is taken at once: at first, and at most; each time it is twice as much. With every few MiB that are taken the garbage
 * collector goes over everything. What was not written to yet is only an address.
 */
const FIRST_SEGMENT_BYTES = 1024 * 1024
const MOST_SEGMENT_BYTES = 64 * 1024 * 1024

/** No record stands at 0, so that "after position 0" leaves none out. */
const FIRST_POSITION = 256

/** Positions are kept in pieces of so many. */
const PIECE_BITS = 14
const PIECE = 1 << PIECE_BITS

/**
 * A log that is gone with its process. Records lie encoded in large pieces of memory, not as objects, so that millions of
 * them cost the garbage collector nothing.
 */
export class MemoryLog implements Log {
  #segments: Segment[] = []
  #nextSegment = FIRST_SEGMENT_BYTES
  /** Position of each record, by ordinal. */
  readonly #positions: Float64Array[] = []
  #count = 0
  #confirmed = 0
  readonly #texts: CommonTexts = { streams: new RepeatedText(), types: new FamiliarTexts() }
  /** Settles when all that was appended in this turn is confirmed. */
  #confirmation: Promise<void> | undefined

  get confirmed (): number {
    return this.#confirmed
  }

  get lastPosition (): bigint {
    return this.#confirmed === 0 ? 0n : this.positionAt(this.#confirmed - 1)
  }

  append (records: readonly LogRecord[]): Appended {
    const first = this.#count
    for (const record of records) {
      const position = this.#room(largestSize(record)).add(record)
      record.position = BigInt(position)
      this.#addPosition(position)
    }
    this.#confirmation ??= Promise.resolve().then(() => {
      this.#confirmation = undefined
      this.#confirmed = this.#count
    })
    return { first, durable: this.#confirmation }
  }

  read (ordinals: readonly number[]): Promise<LogRecord[]> {
    return Promise.resolve(ordinals.map((ordinal) => this.#at(ordinal)))
  }

  slice (from: number, to: number): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    const end = Math.min(to, this.#confirmed)
    for (let ordinal = from; ordinal < end; ordinal++) records.push(this.#at(ordinal))
    return Promise.resolve(records)
  }

  idAt (ordinal: number): string {
    const position = this.#position(ordinal)
    return this.#segmentOf(position).idAt(position)
  }

  positionAt (ordinal: number): bigint {
    return BigInt(this.#position(ordinal))
  }

  ordinalFrom (position: bigint): number {
    let low = 0
    let high = this.#confirmed
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#position(middle) < position) low = middle + 1
      else high = middle
    }
    return low
  }

  close (): Promise<void> {
    return Promise.resolve()
  }

  #at (ordinal: number): LogRecord {
    const position = this.#position(ordinal)
    return this.#segmentOf(position).recordAt(position)
  }

  #position (ordinal: number): number {
    if (ordinal < 0 || ordinal >= this.#count) throw new RangeError(`The log has no record ${ordinal}`)
    return this.#positions[ordinal >>> PIECE_BITS]![ordinal & PIECE - 1]!
  }

  #addPosition (position: number): void {
    if ((this.#count & PIECE - 1) === 0) this.#positions.push(new Float64Array(PIECE))
    this.#positions[this.#count >>> PIECE_BITS]![this.#count & PIECE - 1] = position
    this.#count++
  }

  /** The segment that takes a record of that size at the end of the log. */
  #room (size: number): Segment {
    const last = this.#segments[this.#segments.length - 1]
    if (last?.hasRoom(size) === true) return last
    const segment = new Segment(last?.end ?? FIRST_POSITION, Math.max(this.#nextSegment, size), this.#texts)
    this.#nextSegment = Math.min(2 * this.#nextSegment, MOST_SEGMENT_BYTES)
    this.#segments.push(segment)
    return segment
  }

  #segmentOf (position: number): Segment {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#segments[middle]!.start <= position) low = middle
      else high = middle - 1
    }
    return this.#segments[low]!
  }
}
