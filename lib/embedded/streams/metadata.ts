import { randomUUID } from 'node:crypto'
import { METADATA_TYPE, TOMBSTONE_REVISION } from '../log/record.js'
import type { NewRecord } from './append.js'

/** What a stream's metadata asks of the server. An ACL is stored and shown, not enforced. */
export interface StreamMetadata {
  /** Only this many of the last events are to be seen. */
  maxCount?: bigint
  /** Events older than this, in seconds, are not to be seen. */
  maxAge?: bigint
  /** Events below this revision are not to be seen; {@link TOMBSTONE_REVISION} says that the stream is soft-deleted. */
  truncateBefore?: bigint
  /** Of a soft-deleted stream: its metadata as JSON, where more than that was said: it is kept when the stream comes back. */
  rest?: string
}

const NO_METADATA: StreamMetadata = Object.freeze({})

/** What a metastream behaves as if it had. */
export const METASTREAM_METADATA: StreamMetadata = Object.freeze({ maxCount: 1n })

/** The metadata of a soft-deleted stream; it takes the place of all that was there. */
export const SOFT_DELETED = `{"$tb":${TOMBSTONE_REVISION}}`

/** The event of a metastream that makes this JSON the stream's metadata. */
export function metadataEvent (data: Buffer): NewRecord {
  return { id: randomUUID(), type: METADATA_TYPE, json: true, data, metadata: new Uint8Array(0) }
}

export function isMetastream (stream: string): boolean {
  return stream.startsWith('$$')
}

export function metastreamOf (stream: string): string {
  return `$$${stream}`
}

export function originalOf (metastream: string): string {
  return metastream.slice(2)
}

export function isSoftDeleted (metadata: StreamMetadata): boolean {
  return metadata.truncateBefore === TOMBSTONE_REVISION
}

/**
 * Reads the data of a `$metadata` event. One value of a wrong type or beyond int64 makes the whole of it count as empty,
 * and so does broken JSON; a number that says nothing, such as a `$maxCount` of 0, does not count itself: the real server
 * does the same.
 */
export function parseMetadata (json: boolean, data: Uint8Array): StreamMetadata {
  const text = json ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8') : ''
  const value = parseObject(text)
  if (value === undefined) return NO_METADATA
  const metadata: StreamMetadata = {}
  try {
    const maxCount = integer(value, text, '$maxCount', 1n)
    if (maxCount !== undefined) metadata.maxCount = maxCount
    const maxAge = seconds(value, text, '$maxAge')
    if (maxAge !== undefined) metadata.maxAge = maxAge
    const truncateBefore = integer(value, text, '$tb', 0n)
    if (truncateBefore !== undefined) metadata.truncateBefore = truncateBefore
    seconds(value, text, '$cacheControl')
    const { $acl, $tmp } = value
    if (($acl !== undefined && !isAcl($acl)) || ($tmp !== undefined && typeof $tmp !== 'boolean')) return NO_METADATA
    if (isSoftDeleted(metadata) && Object.keys(value).length > 1) metadata.rest = text
  } catch (error) {
    if (error instanceof OutOfRange) return NO_METADATA
    throw error
  }
  return metadata
}

/** The metadata with another `$tb`; of what is no JSON object nothing is kept. */
export function withTruncateBefore (metadata: string, revision: bigint): Buffer {
  const value = parseObject(metadata) ?? {}
  delete value['$tb']
  const rest = JSON.stringify(value).slice(1)
  return Buffer.from(`{"$tb":${revision}${rest === '}' ? '' : ','}${rest}`)
}

const ACL_KEYS = new Set(['$r', '$w', '$d', '$mr', '$mw'])

/** The real server takes no other keys either: it stumbles over their values. */
function isAcl (value: unknown): boolean {
  return isObject(value) && Object.entries(value).every(([key, roles]) => ACL_KEYS.has(key) && isRoles(roles))
}

function isRoles (value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((role) => typeof role === 'string'))
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const MOST_SECONDS = TOMBSTONE_REVISION / 10_000_000n

class OutOfRange extends Error {}

function parseObject (text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function integer (value: Record<string, unknown>, text: string, key: string, least: bigint): bigint | undefined {
  const number = value[key]
  if (number === undefined) return undefined
  if (typeof number !== 'number' || !Number.isInteger(number)) throw new OutOfRange()
  // Beyond 2^53 a number of JavaScript is no longer the one that was written, and the greatest int64 has a meaning.
  const exact = Number.isSafeInteger(number) ? BigInt(number) : written(text, key)
  if (exact > TOMBSTONE_REVISION || exact < -TOMBSTONE_REVISION - 1n) throw new OutOfRange()
  return exact < least ? undefined : exact
}

/** A span of time, which the real server counts in steps of 100 ns by an int64. */
function seconds (value: Record<string, unknown>, text: string, key: string): bigint | undefined {
  const span = integer(value, text, key, 1n)
  if (span !== undefined && span > MOST_SECONDS) throw new OutOfRange()
  return span
}

function written (text: string, key: string): bigint {
  const match = new RegExp(`"\\${key}"\\s*:\\s*(-?\\d+)\\s*[,}]`).exec(text)
  if (match?.[1] === undefined) throw new OutOfRange()
  return BigInt(match[1])
}
