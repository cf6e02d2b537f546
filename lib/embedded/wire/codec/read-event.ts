import type { LogRecord, Resolved } from '../../log/record.js'
import { BINARY_CONTENT, JSON_CONTENT } from '../recorded.js'
import { textHalves } from '../uuid.js'
import { BackwardsWriter } from './writer.js'

/** What ids, numbers, keys and lengths of one recorded event take, generously. */
const FRAME_BYTES = 320

/** What is the same in all events, or all of a kind, is written once. */
const CREATED = keyOf('created')
const TYPE = keyOf('type')
const JSON_PROPERTY = contentType(JSON_CONTENT)
const BINARY_PROPERTY = contentType(BINARY_CONTENT)

/**
 * Writes a ReadResp that holds an event, of the stream service or, with a retry count, of the persistent subscription
 * service: their fields are the same. This takes a tenth of the time of the generated classes.
 */
export function writeReadEvent ({ event, link }: Resolved, structuredIds: boolean, retryCount?: number): Buffer {
  const writer = new BackwardsWriter(bound(event) + bound(link))
  const outer = writer.mark
  if (retryCount !== undefined) writer.int32(5, retryCount)
  const placed = link ?? event
  if (placed === undefined) writer.empty(4)
  else writer.uint64(3, placed.position)
  if (link !== undefined) recorded(writer, 2, link, structuredIds)
  if (event !== undefined) recorded(writer, 1, event, structuredIds)
  writer.close(1, outer)
  return writer.done()
}

function bound (record: LogRecord | undefined): number {
  if (record === undefined) return 0
  return FRAME_BYTES + record.data.length + record.metadata.length + 3 * (record.stream.length + record.type.length)
}

function recorded (writer: BackwardsWriter, field: number, record: LogRecord, structuredIds: boolean): void {
  const start = writer.mark
  writer.bytes(8, record.data)
  writer.bytes(7, record.metadata)
  writer.fields(record.json ? JSON_PROPERTY : BINARY_PROPERTY)
  property(writer, CREATED, record.created.toString())
  property(writer, TYPE, record.type)
  writer.uint64(5, record.position)
  writer.uint64(4, record.position)
  writer.uint64(3, record.revision)
  const identifier = writer.mark
  writer.string(3, record.stream)
  writer.close(2, identifier)
  const id = writer.mark
  if (structuredIds) halves(writer, record.id)
  else writer.string(2, record.id)
  writer.close(1, id)
  writer.close(field, start)
}

/** @param key of the property, as {@link keyOf} makes it */
function property (writer: BackwardsWriter, key: Uint8Array, value: string): void {
  const entry = writer.mark
  writer.string(2, value)
  writer.fields(key)
  writer.close(6, entry)
}

function keyOf (name: string): Uint8Array {
  const writer = new BackwardsWriter(name.length)
  writer.string(1, name)
  return writer.done()
}

function contentType (value: string): Uint8Array {
  const writer = new BackwardsWriter(FRAME_BYTES)
  property(writer, keyOf('content-type'), value)
  return writer.done()
}

function halves (writer: BackwardsWriter, id: string): void {
  const [most, least] = textHalves(id)
  const start = writer.mark
  writer.uint64(2, BigInt.asUintN(64, least))
  writer.uint64(1, BigInt.asUintN(64, most))
  writer.close(1, start)
}
