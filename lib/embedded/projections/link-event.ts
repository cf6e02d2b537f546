import { randomUUID } from 'node:crypto'
import { LINK_TYPE, type LogRecord } from '../log/record.js'
import type { NewRecord } from '../streams/index.js'

/** What a link to a record says: a link is not linked itself, but what it points at. */
export function targetOf (record: LogRecord): Uint8Array | string {
  return record.type === LINK_TYPE ? record.data : `${record.revision}@${record.stream}`
}

/** An event that a projection writes, not JSON, with the mark in its metadata. */
export function linkEvent (type: string, target: Uint8Array | string, marked: string): NewRecord {
  if (typeof target !== 'string') return { id: randomUUID(), type, json: false, data: target, metadata: Buffer.from(marked) }
  // One piece of memory for both costs less than two.
  const bytes = Buffer.from(marked + target)
  const end = bytes.length - Buffer.byteLength(target)
  return { id: randomUUID(), type, json: false, data: bytes.subarray(end), metadata: bytes.subarray(0, end) }
}
