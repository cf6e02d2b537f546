import { crc32 } from 'node:zlib'
import { writeText } from '../../text/write-text.js'
import type { StoredRecord } from '../log.js'
import { TOMBSTONE_REVISION, type LogRecord } from '../record.js'
import { uuidText, writeUuid } from './uuid.js'

/*
 * A record on disk, all numbers little-endian:
 *
 *   length of what follows the sum u32 | sum (CRC-32 of what follows) u32 |
 *   flags u8 | reserved u8 | lengths of stream, type u32 u32 | of metadata, data u32 u32 |
 *   created i64 | revision i64 | confirmed u64 | id 16 bytes | stream | type | metadata | data
 *
 * `confirmed` is the position up to which everything was synced when the record was written. By it a later record proves
 * that damage before it hit something that was confirmed once.
 */

const SUM_END = 8
const FIXED = 58
const LARGEST = 1024 ** 3

const FLAG_JSON = 1
const FLAG_LAST = 2

/** Where the parts stand behind the sum. */
const CREATED = 18
const REVISION = 26
const CONFIRMED = 34
const ID = 42

/** Where the id stands in a frame. */
export const FRAME_ID = SUM_END + ID

const TWO_32 = 2 ** 32

/** The bytes that a record takes up. */
export function frameSize (record: LogRecord): number {
  return SUM_END + FIXED + Buffer.byteLength(record.stream) + Buffer.byteLength(record.type) + record.metadata.length + record.data.length
}

/** A piece of memory; large numbers are quicker by way of the view. */
export interface FrameMemory {
  readonly buffer: Buffer
  readonly view: DataView
}

/**
 * Writes a record where there is room for it, and returns where it ends.
 * @param confirmed position up to which everything is synced
 */
export function writeFrame ({ buffer, view }: FrameMemory, at: number, record: LogRecord, last: boolean, confirmed: number): number {
  const { metadata, data } = record
  const begin = at + SUM_END
  const stream = begin + FIXED
  const streamLength = writeText(record.stream, buffer, stream)
  const type = stream + streamLength
  const typeLength = writeText(record.type, buffer, type)
  let next = type + typeLength
  if (metadata.length > 0) buffer.set(metadata, next)
  next += metadata.length
  if (data.length > 0) buffer.set(data, next)
  next += data.length
  buffer[begin] = (record.json ? FLAG_JSON : 0) | (last ? FLAG_LAST : 0)
  buffer[begin + 1] = 0
  view.setUint32(begin + 2, streamLength, true)
  view.setUint32(begin + 6, typeLength, true)
  view.setUint32(begin + 10, metadata.length, true)
  view.setUint32(begin + 14, data.length, true)
  view.setBigInt64(begin + CREATED, record.created, true)
  view.setBigInt64(begin + REVISION, record.revision, true)
  view.setUint32(begin + CONFIRMED, confirmed % TWO_32, true)
  view.setUint32(begin + CONFIRMED + 4, Math.floor(confirmed / TWO_32), true)
  writeUuid(record.id, buffer, begin + ID)
  view.setUint32(at, next - begin, true)
  view.setUint32(at + 4, crc32(buffer.subarray(begin, next)), true)
  return next
}

/** Goes through a piece of the log from record to record, and makes no more of them than it is asked for. */
export class FrameScanner implements StoredRecord {
  readonly buffer: Buffer
  readonly #view: DataView
  readonly #base: number
  /** Where the record begins. */
  #at = 0
  #typeFrom = 0
  #metadataFrom = 0
  #dataFrom = 0
  #end = 0

  /** @param base position of the first byte */
  constructor (buffer: Buffer, base: number) {
    this.buffer = buffer
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    this.#base = base
  }

  /** Whether a whole and sound record begins at a place; if so it is the one that is spoken of from now on. */
  moveTo (at: number): boolean {
    if (!this.#measure(at)) return false
    // The sum last: whoever looks for records among other bytes asks this of every byte.
    return crc32(this.buffer.subarray(at + SUM_END, this.#end)) === this.#view.getUint32(at + 4, true)
  }

  /** Goes back to a record that was found sound before. */
  returnTo (at: number): void {
    this.#measure(at)
  }

  get size (): number {
    return this.#end - this.#at
  }

  get position (): number {
    return this.#base + this.#at
  }

  /** Whether it ends an append; what is not ended was never confirmed. */
  get last (): boolean {
    return (this.#flags & FLAG_LAST) !== 0
  }

  get confirmed (): number {
    const at = this.#at + SUM_END + CONFIRMED
    return this.#view.getUint32(at, true) + TWO_32 * this.#view.getUint32(at + 4, true)
  }

  /** Where its id stands in the buffer. */
  get idFrom (): number {
    return this.#at + FRAME_ID
  }

  get streamFrom (): number {
    return this.#at + SUM_END + FIXED
  }

  get streamTo (): number {
    return this.#typeFrom
  }

  get isTombstone (): boolean {
    const at = this.#at + SUM_END + REVISION
    return this.#view.getUint32(at + 4, true) === Number(TOMBSTONE_REVISION >> 32n) &&
      this.#view.getUint32(at, true) === Number(TOMBSTONE_REVISION & 0xffffffffn)
  }

  record (): LogRecord {
    const begin = this.#at + SUM_END
    return {
      position: BigInt(this.position),
      stream: this.buffer.toString('utf8', begin + FIXED, this.#typeFrom),
      revision: this.#view.getBigInt64(begin + REVISION, true),
      id: uuidText(this.buffer, begin + ID),
      type: this.buffer.toString('utf8', this.#typeFrom, this.#metadataFrom),
      json: (this.#flags & FLAG_JSON) !== 0,
      data: this.buffer.subarray(this.#dataFrom, this.#end),
      metadata: this.buffer.subarray(this.#metadataFrom, this.#dataFrom),
      created: this.#view.getBigInt64(begin + CREATED, true)
    }
  }

  get #flags (): number {
    return this.buffer[this.#at + SUM_END]!
  }

  #measure (at: number): boolean {
    const begin = at + SUM_END
    if (begin + FIXED > this.buffer.length) return false
    const view = this.#view
    const length = view.getUint32(at, true)
    const end = begin + length
    if (length < FIXED || length > LARGEST || end > this.buffer.length) return false
    const typeFrom = begin + FIXED + view.getUint32(begin + 2, true)
    const metadataFrom = typeFrom + view.getUint32(begin + 6, true)
    const dataFrom = metadataFrom + view.getUint32(begin + 10, true)
    if (dataFrom + view.getUint32(begin + 14, true) !== end) return false
    this.#at = at
    this.#typeFrom = typeFrom
    this.#metadataFrom = metadataFrom
    this.#dataFrom = dataFrom
    this.#end = end
    return true
  }
}
