import { crc32 } from 'node:zlib'
import type { LogRecord } from '../record.js'

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

/** A record as it was found on disk. */
export interface Frame {
  readonly record: LogRecord
  /** Whether it ends an append; what is not ended was never confirmed. */
  readonly last: boolean
  readonly confirmed: number
  /** Bytes that it takes up. */
  readonly size: number
}

/** How many bytes a record takes up. */
export function frameSize ({ stream, type, metadata, data }: LogRecord): number {
  return SUM_END + FIXED + Buffer.byteLength(stream) + Buffer.byteLength(type) + metadata.length + data.length
}

/** Writes a record and returns where the next one begins. */
export function writeFrame (into: Buffer, at: number, record: LogRecord, last: boolean, confirmed: number): number {
  const { metadata, data } = record
  const stream = Buffer.from(record.stream)
  const type = Buffer.from(record.type)
  const begin = at + SUM_END
  let next = begin
  next = into.writeUInt8((record.json ? FLAG_JSON : 0) | (last ? FLAG_LAST : 0), next)
  next = into.writeUInt8(0, next)
  next = into.writeUInt32LE(stream.length, next)
  next = into.writeUInt32LE(type.length, next)
  next = into.writeUInt32LE(metadata.length, next)
  next = into.writeUInt32LE(data.length, next)
  next = into.writeBigInt64LE(record.created, next)
  next = into.writeBigInt64LE(record.revision, next)
  next = into.writeBigUInt64LE(BigInt(confirmed), next)
  next += into.write(record.id.replaceAll('-', ''), next, 'hex')
  for (const part of [stream, type, metadata, data]) {
    into.set(part, next)
    next += part.length
  }
  into.writeUInt32LE(next - begin, at)
  into.writeUInt32LE(crc32(into.subarray(begin, next)), at + 4)
  return next
}

/** The record that begins here, or undefined where no whole and sound one does. Its bytes are views into the buffer. */
export function readFrame (from: Buffer, at: number, position: number): Frame | undefined {
  if (at + SUM_END + FIXED > from.length) return undefined
  const length = from.readUInt32LE(at)
  const begin = at + SUM_END
  const end = begin + length
  if (length < FIXED || length > LARGEST || end > from.length) return undefined
  const streamEnd = begin + FIXED + from.readUInt32LE(begin + 2)
  const typeEnd = streamEnd + from.readUInt32LE(begin + 6)
  const metadataEnd = typeEnd + from.readUInt32LE(begin + 10)
  // The sum last: whoever looks for records among other bytes asks this of every byte.
  if (metadataEnd + from.readUInt32LE(begin + 14) !== end) return undefined
  if (crc32(from.subarray(begin, end)) !== from.readUInt32LE(at + 4)) return undefined
  const flags = from.readUInt8(begin)
  return {
    size: end - at,
    last: (flags & FLAG_LAST) !== 0,
    confirmed: Number(from.readBigUInt64LE(begin + 34)),
    record: {
      position: BigInt(position),
      json: (flags & FLAG_JSON) !== 0,
      created: from.readBigInt64LE(begin + 18),
      revision: from.readBigInt64LE(begin + 26),
      id: uuidText(from, begin + 42),
      stream: from.toString('utf8', begin + FIXED, streamEnd),
      type: from.toString('utf8', streamEnd, typeEnd),
      metadata: from.subarray(typeEnd, metadataEnd),
      data: from.subarray(metadataEnd, end)
    }
  }
}

export function uuidText (bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
