import type { FamiliarTexts } from '../text/familiar-texts.js'
import type { RepeatedText } from '../text/repeated-text.js'
import { writeText } from '../text/write-text.js'
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

/** A piece of memory; large numbers are quicker by way of the view. */
export interface Memory {
  buffer: Buffer
  view: DataView
}

/** The bytes that a record takes at most. */
export function largestSize (record: LogRecord): number {
  return TEXT + 3 * (record.stream.length + record.type.length) + record.metadata.length + record.data.length
}

/** Writes a record at a place that has room for it, and returns the bytes that it takes. */
export function encode (record: LogRecord, { buffer, view }: Memory, at: number): number {
  const stream = writeText(record.stream, buffer, at + TEXT)
  const type = writeText(record.type, buffer, at + TEXT + stream)
  const metadata = at + TEXT + stream + type
  if (record.metadata.length > 0) buffer.set(record.metadata, metadata)
  if (record.data.length > 0) buffer.set(record.data, metadata + record.metadata.length)
  const size = metadata - at + record.metadata.length + record.data.length
  view.setUint32(at, size, true)
  buffer[at + 4] = record.json ? 1 : 0
  view.setUint32(at + 5, stream, true)
  view.setUint32(at + 9, type, true)
  view.setUint32(at + 13, record.metadata.length, true)
  view.setBigUint64(at + 17, record.revision, true)
  view.setBigUint64(at + 25, record.created, true)
  writeText(record.id, buffer, at + ID)
  return size
}

/** Texts that records have in common. */
export interface CommonTexts {
  streams: RepeatedText
  types: FamiliarTexts
}

/** The record at a place; its data and metadata are views. */
export function decode (memory: Memory, at: number, position: bigint, { streams, types }: CommonTexts): LogRecord {
  const { buffer, view } = memory
  const type = at + TEXT + view.getUint32(at + 5, true)
  const metadata = type + view.getUint32(at + 9, true)
  const data = metadata + view.getUint32(at + 13, true)
  return {
    position,
    stream: streams.read(buffer, at + TEXT, type),
    revision: view.getBigUint64(at + 17, true),
    id: decodeId(memory, at),
    type: types.read(buffer, type, metadata),
    json: buffer[at + 4] === 1,
    data: buffer.subarray(data, at + view.getUint32(at, true)),
    metadata: buffer.subarray(metadata, data),
    created: view.getBigUint64(at + 25, true)
  }
}

/** The id of the record at a place. */
export function decodeId ({ buffer }: Memory, at: number): string {
  return buffer.toString('latin1', at + ID, at + TEXT)
}
