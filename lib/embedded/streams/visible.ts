import type { Log } from '../log/log.js'
import { ticksNow, type LogRecord } from '../log/record.js'
import type { StreamEntry } from './entry.js'
import { METASTREAM_METADATA, isMetastream, type StreamMetadata } from './metadata.js'

const TICKS_PER_SECOND = 10_000_000n

/**
 * The lowest revision that a reader may see: the highest of `$tb`, what `$maxCount` leaves, and the first event that is
 * not older than `$maxAge`. Above the head when nothing is to be seen. Only `$maxAge` has to look into the log.
 */
export function firstVisible (entry: StreamEntry, head: number, log: Log): number | Promise<number> {
  const metadata = metadataFor(entry)
  const first = countedFrom(metadata, head)
  if (metadata.maxAge === undefined || first > head) return first
  return notOlder(entry, first, head, oldest(metadata.maxAge), log)
}

/** Whether a reader may see an event of the stream. */
export function isVisible (entry: StreamEntry, head: number, event: LogRecord): boolean {
  const metadata = metadataFor(entry)
  return event.revision >= countedFrom(metadata, head) &&
    (metadata.maxAge === undefined || event.created >= oldest(metadata.maxAge))
}

function metadataFor (entry: StreamEntry): StreamMetadata {
  return isMetastream(entry.name) ? METASTREAM_METADATA : entry.metadata
}

function countedFrom (metadata: StreamMetadata, head: number): number {
  let first = 0
  if (metadata.truncateBefore !== undefined) first = Number(metadata.truncateBefore)
  if (metadata.maxCount !== undefined) first = Math.max(first, head + 1 - Number(metadata.maxCount))
  return first
}

function oldest (maxAge: bigint): bigint {
  return ticksNow() - maxAge * TICKS_PER_SECOND
}

/** The first event that is young enough. Events stand in the order of their time, so halving finds it. */
async function notOlder (entry: StreamEntry, first: number, head: number, since: bigint, log: Log): Promise<number> {
  let low = first
  let high = head + 1
  while (low < high) {
    const middle = (low + high) >>> 1
    const record = (await log.read([entry.ordinalAt(middle)!]))[0]!
    if (record.created < since) low = middle + 1
    else high = middle
  }
  return low
}
