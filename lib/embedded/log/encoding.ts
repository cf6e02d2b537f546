import type { LogRecord } from './record.js'

/**
 * How a record lies in memory. Numbers are little-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 0 to 3 | length of the record |
 * | 4 | 1 for JSON, else 0 |
 * | 5 to 8, 9 to 12, 13 to 16 | lengths of stream, type, metadata |
 * | 17 to 24, 25 to 32 | revision, created |
 * | 33 to 68 | id, as text |
 * | from 69 | stream, type, metadata, data |
 */
const ID = 33
const ID_BYTES = 36
const TEXT = ID + ID_BYTES

/** The bytes that a record takes. */
export function encodedSize (record: LogRecord): number {
  return TEXT + Buffer.byteLength(record.stream) + Buffer.byteLength(record.type) + record.metadata.length + record.data.length
}

/** Writes a record at a place that has room for it. */
export function encode (record: LogRecord, size: number, buffer: Buffer, at: number): void {
  const stream = buffer.write(record.stream, at + TEXT)
  const type = buffer.write(record.type, at + TEXT + stream)
  const metadata = at + TEXT + stream + type
  buffer.set(record.metadata, metadata)
  buffer.set(record.data, metadata + record.metadata.length)
  buffer.writeUInt32LE(size, at)
  buffer[at + 4] = record.json ? 1 : 0
  buffer.writeUInt32LE(stream, at + 5)
  buffer.writeUInt32LE(type, at + 9)
  buffer.writeUInt32LE(record.metadata.length, at + 13)
  buffer.writeBigUInt64LE(record.revision, at + 17)
  buffer.writeBigUInt64LE(record.created, at + 25)
  buffer.write(record.id, at + ID, ID_BYTES, 'latin1')
}

/** The record at a place; its data and metadata are views. */
export function decode (buffer: Buffer, at: number, position: bigint): LogRecord {
  const type = at + TEXT + buffer.readUInt32LE(at + 5)
  const metadata = type + buffer.readUInt32LE(at + 9)
  const data = metadata + buffer.readUInt32LE(at + 13)
  return {
    position,
    stream: buffer.toString('utf8', at + TEXT, type),
    revision: buffer.readBigUInt64LE(at + 17),
    id: decodeId(buffer, at),
    type: buffer.toString('utf8', type, metadata),
    json: buffer[at + 4] === 1,
    data: buffer.subarray(data, at + buffer.readUInt32LE(at)),
    metadata: buffer.subarray(metadata, data),
    created: buffer.readBigUInt64LE(at + 25)
  }
}

/** The id of the record at a place. */
export function decodeId (buffer: Buffer, at: number): string {
  return buffer.toString('latin1', at + ID, at + TEXT)
}
