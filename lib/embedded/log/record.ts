/** One record of the log: an event, a link, metadata or a tombstone, as it stands in its stream for ever. */
export interface LogRecord {
  /** Where the record stands in the log: strictly increasing, with jumps, never a count. */
  position: bigint
  stream: string
  /** Number in the stream, from 0; a tombstone has {@link TOMBSTONE_REVISION}. */
  revision: bigint
  /** UUID in lower case. */
  id: string
  type: string
  /** Whether the content type is `application/json`; the bytes were never checked. */
  json: boolean
  data: Uint8Array
  metadata: Uint8Array
  /** When the server took it: ticks of 100 ns since the Unix epoch. */
  created: bigint
}

/**
 * What a record means to a reader that follows links: for any record but a link only `event`; for a link both, or
 * only `link` when its target is missing, truncated, or deleted.
 */
export interface Resolved {
  event?: LogRecord
  link?: LogRecord
}

/** The revision of a tombstone, and the `$tb` of a soft delete: the greatest int64. */
export const TOMBSTONE_REVISION = 9223372036854775807n

/** Event type of a link; its data is `revision@stream`. */
export const LINK_TYPE = '$>'

/** Event type of a stream's metadata, in the stream named `$$` and the stream's name. */
export const METADATA_TYPE = '$metadata'

/** Event type of a tombstone. */
export const TOMBSTONE_TYPE = '$streamDeleted'

/** The time now in the unit of {@link LogRecord.created}. */
export function ticksNow (): bigint {
  return BigInt(Date.now()) * 10_000n
}
