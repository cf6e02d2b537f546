import { METADATA_TYPE, TOMBSTONE_TYPE, type LogRecord } from '../log/record.js'
import { isMetastream, isSoftDeleted, originalOf, parseMetadata } from '../streams/index.js'

/** The mark of a link that stands for a deletion. */
export const DELETED = '"$deleted":-1'

/** The stream that a record deletes: by a tombstone in it, or by metadata that says so. */
export function deletedBy (record: LogRecord): string | undefined {
  if (isMetastream(record.stream)) {
    if (record.type !== METADATA_TYPE) return undefined
    return isSoftDeleted(parseMetadata(record.json, record.data)) ? originalOf(record.stream) : undefined
  }
  return record.type === TOMBSTONE_TYPE ? record.stream : undefined
}
