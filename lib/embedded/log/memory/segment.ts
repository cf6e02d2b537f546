import type { FamiliarTexts } from '../../text/familiar-texts.js'
import type { RepeatedText } from '../../text/repeated-text.js'
import { writeText } from '../../text/write-text.js'
import type { LogRecord } from '../record.js'

/*
 * How a record lies in a segment. Numbers are little-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 0 to 3 | length of the record |
 * | 4 | 1 for JSON, else 0 |
 * | 5 to 8, 9 to 12 | where stream and type stand: their length, and behind it the text |
 * | 13 to 16 | length of the metadata |
 * | 17 to 24, 25 to 32 | revision, created |
 * | 33 to 68 | id, as text |
 * | from 69 | metadata, data |
 */
const ID = 33
const ID_BYTES = 36
const METADATA = ID + ID_BYTES
const LENGTH_BYTES = 4

/** So many texts that stand in a segment are remembered. */
const MOST_TEXTS = 1024

/** Texts that records have in common. */
export interface CommonTexts {
  streams: RepeatedText
  types: FamiliarTexts
}

/** The bytes that a record takes at most, with its texts. */
export function largestSize (record: LogRecord): number {
  return METADATA + 2 * LENGTH_BYTES + 3 * (record.stream.length + record.type.length) + record.metadata.length + record.data.length
}

/**
 * A piece of memory with records. A stream's name, or a type, that comes again is pointed at: each page of memory that is
 * used for the first time costs as much as several records.
 */
export class Segment {
  /** Position of its first byte. */
  readonly start: number
  readonly #buffer: Buffer
  /** Large numbers are quicker by way of it. */
  readonly #view: DataView
  readonly #common: CommonTexts
  /** Where texts stand that were written not long ago. */
  readonly #texts = new Map<string, number>()
  #used = 0

  constructor (start: number, bytes: number, common: CommonTexts) {
    this.start = start
    this.#buffer = Buffer.allocUnsafeSlow(bytes)
    this.#view = new DataView(this.#buffer.buffer)
    this.#common = common
  }

  /** Position of the first byte that is not used. */
  get end (): number {
    return this.start + this.#used
  }

  hasRoom (bytes: number): boolean {
    return this.#used + bytes <= this.#buffer.length
  }

  /** Writes a record, for which there must be room, and returns its position. */
  add (record: LogRecord): number {
    const stream = this.#placeOf(record.stream)
    const type = this.#placeOf(record.type)
    const at = this.#used
    const buffer = this.#buffer
    const view = this.#view
    const metadata = record.metadata.length
    if (metadata > 0) buffer.set(record.metadata, at + METADATA)
    if (record.data.length > 0) buffer.set(record.data, at + METADATA + metadata)
    const size = METADATA + metadata + record.data.length
    view.setUint32(at, size, true)
    buffer[at + 4] = record.json ? 1 : 0
    view.setUint32(at + 5, stream, true)
    view.setUint32(at + 9, type, true)
    view.setUint32(at + 13, metadata, true)
    view.setBigUint64(at + 17, record.revision, true)
    view.setBigUint64(at + 25, record.created, true)
    writeText(record.id, buffer, at + ID)
    this.#used = at + size
    return this.start + at
  }

  /** The record at a position; its data and metadata are views. */
  recordAt (position: number): LogRecord {
    const at = position - this.start
    const buffer = this.#buffer
    const view = this.#view
    const data = at + METADATA + view.getUint32(at + 13, true)
    const stream = view.getUint32(at + 5, true)
    const type = view.getUint32(at + 9, true)
    return {
      position: BigInt(position),
      stream: this.#common.streams.read(buffer, stream + LENGTH_BYTES, stream + LENGTH_BYTES + view.getUint32(stream, true)),
      revision: view.getBigUint64(at + 17, true),
      id: this.idAt(position),
      type: this.#common.types.read(buffer, type + LENGTH_BYTES, type + LENGTH_BYTES + view.getUint32(type, true)),
      json: buffer[at + 4] === 1,
      data: buffer.subarray(data, at + view.getUint32(at, true)),
      metadata: buffer.subarray(at + METADATA, data),
      created: view.getBigUint64(at + 25, true)
    }
  }

  /** The id of the record at a position. */
  idAt (position: number): string {
    const at = position - this.start
    return this.#buffer.toString('latin1', at + ID, at + METADATA)
  }

  #placeOf (text: string): number {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const at = this.#used
    const length = writeText(text, this.#buffer, at + LENGTH_BYTES)
    this.#view.setUint32(at, length, true)
    this.#used = at + LENGTH_BYTES + length
    if (this.#texts.size === MOST_TEXTS) this.#texts.clear()
    this.#texts.set(text, at)
    return at
  }
}
