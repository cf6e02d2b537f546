import { readPage, readPageBackwards } from '../log/page.js'
import type { LogRecord } from '../log/record.js'
import { isHidden } from '../streams/all.js'
import type { Streams } from '../streams/index.js'
import type { CallWriter } from './call-writer.js'
import { streamDeleted } from './errors.js'
import type { From, ReadAll, ReadResponse, ReadStream } from './read-request.js'
import { firstStreamPosition, lastStreamPosition, show, streamNotFound } from './shown.js'

/** How many records are read at once, at most: fewer when they are large. */
export const PAGE = 128

/** One read of a stream, in pages, until it is at its end or has enough. */
export async function readStream (request: ReadStream, writer: CallWriter<ReadResponse>, streams: Streams): Promise<void> {
  const { stream, backwards, count } = request
  const state = streams.state(stream)
  if (state === 'tombstoned') throw streamDeleted(stream)
  if (state !== 'live') {
    await writer.write(streamNotFound(stream))
    return
  }
  const head = streams.head(stream)
  const start = startOf(request.from, backwards, head)
  let next = start
  let left = count
  while (left > 0 && next >= 0n && !writer.closed) {
    const wanted = Math.min(left, PAGE)
    const records = backwards
      ? await streams.readBackwards(stream, next, wanted)
      : await streams.readForwards(stream, next, wanted)
    const last = records[records.length - 1]
    if (last === undefined) {
      if (next === start && request.positions && !backwards && start !== head + 1n) {
        await writer.write(firstStreamPosition(head + 1n))
      }
      break
    }
    await show(records, request, writer, streams)
    left -= records.length
    next = last.revision + (backwards ? -1n : 1n)
    if (!backwards && next > streams.head(stream)) break
  }
  if (request.positions) await writer.write(lastStreamPosition(head))
}

function startOf (from: From, backwards: boolean, head: bigint): bigint {
  if (from === 'start') return 0n
  if (from === 'end') return backwards ? head : head + 1n
  return from
}

/** One read of the whole log; what a filter leaves out does not count. */
export async function readAll (request: ReadAll, writer: CallWriter<ReadResponse>, streams: Streams): Promise<void> {
  const { log } = streams
  const { backwards, filter } = request
  const wanted = (record: LogRecord): boolean => !isHidden(record) && (filter === undefined || filter.matches(record))
  const end = log.confirmed
  let left = request.count
  let next = ordinalOf(request.from, streams)
  while (left > 0 && !writer.closed && (backwards ? next > 0 : next < end)) {
    const records = backwards
      ? await readPageBackwards(log, Math.max(0, next - PAGE), next)
      : await readPage(log, next, Math.min(next + PAGE, end))
    next += backwards ? -records.length : records.length
    const shown = records.filter(wanted).slice(0, left)
    await show(shown, request, writer, streams)
    left -= shown.length
  }
}

/** The first record forwards; backwards it is the first that is not read. */
function ordinalOf (from: From, streams: Streams): number {
  if (from === 'start') return 0
  return from === 'end' ? streams.log.confirmed : streams.log.ordinalFrom(from)
}
