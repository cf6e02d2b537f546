import { randomUUID } from 'node:crypto'
import { LINK_TYPE, METADATA_TYPE, TOMBSTONE_REVISION, type LogRecord } from '../log/record.js'
import { isMetastream, isSoftDeleted, originalOf, parseMetadata, type NewRecord } from '../streams/index.js'

/** The text before the first `-`; nothing for system streams, and where there is none or nothing before it. */
export function categoryOf (stream: string): string | undefined {
  if (stream.startsWith('$')) return undefined
  const dash = stream.indexOf('-')
  return dash < 1 ? undefined : stream.slice(0, dash)
}

/** A link that belongs into a category's stream. */
export interface CategoryLink {
  category: string
  link: NewRecord
}

/**
 * The link that a record adds to a category's stream, if it adds one. A deletion adds one too: a tombstone's points at
 * what can never be read, a soft delete's at the metadata that says so.
 */
export function categoryLink (record: LogRecord): CategoryLink | undefined {
  const deletion = deletedBy(record)
  const stream = deletion ?? record.stream
  const category = categoryOf(stream)
  if (category === undefined) return undefined
  const target = record.type === LINK_TYPE ? '' : `${record.revision}@${record.stream}`
  // One piece of memory for both costs less than two.
  const bytes = Buffer.from(linkMetadata(record, stream, deletion !== undefined) + target)
  const metadataEnd = bytes.length - Buffer.byteLength(target)
  return {
    category,
    link: {
      id: randomUUID(),
      type: LINK_TYPE,
      json: false,
      data: record.type === LINK_TYPE ? record.data : bytes.subarray(metadataEnd),
      metadata: bytes.subarray(0, metadataEnd)
    }
  }
}

/** The stream that a record deletes. */
function deletedBy (record: LogRecord): string | undefined {
  if (record.revision === TOMBSTONE_REVISION) return record.stream
  if (record.type !== METADATA_TYPE || !isMetastream(record.stream)) return undefined
  return isSoftDeleted(parseMetadata(record.json, record.data)) ? originalOf(record.stream) : undefined
}

function linkMetadata (source: LogRecord, stream: string, deleted: boolean): string {
  const position = source.position.toString()
  const correlationId = correlationOf(source)
  return `{"$v":"1:-1:1:4","$c":${position},"$p":${position},"$o":${JSON.stringify(stream)},"$causedBy":"${source.id}"` +
    (correlationId === undefined ? '' : `,"$correlationId":${JSON.stringify(correlationId)}`) +
    (deleted ? ',"$deleted":-1}' : '}')
}

function correlationOf ({ json, metadata }: LogRecord): string | undefined {
  if (!json || metadata.length === 0) return undefined
  const text = Buffer.from(metadata.buffer, metadata.byteOffset, metadata.byteLength).toString('utf8')
  if (!text.includes('$correlationId')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const correlationId = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)['$correlationId'] : undefined
    return typeof correlationId === 'string' ? correlationId : undefined
  } catch {
    return undefined
  }
}

/** The position of the record that a link of a category's stream was made for. */
export function sourcePosition ({ metadata }: LogRecord): bigint | undefined {
  const position = /"\$p":(\d+)/.exec(Buffer.from(metadata).toString('utf8'))?.[1]
  return position === undefined ? undefined : BigInt(position)
}
