import { TOMBSTONE_REVISION } from '../log/record.js'
import type { Expected, NewRecord } from './append.js'
import type { StreamEntry } from './entry.js'
import { isSoftDeleted } from './metadata.js'
import type { RecentIds } from './recent-ids.js'

/** What an append may do: write, answer what stands there since an earlier time, or nothing. */
export type Verdict =
  | { kind: 'write', undelete: boolean }
  | { kind: 'known', revision: number, ordinal: number }
  | { kind: 'conflict' }
  | { kind: 'deleted' }

const WRITE: Verdict = { kind: 'write', undelete: false }
const UNDELETE: Verdict = { kind: 'write', undelete: true }
const CONFLICT: Verdict = { kind: 'conflict' }
const DELETED: Verdict = { kind: 'deleted' }

/** What the judgement rests on besides the request. */
export interface Grounds {
  /** The stream, if anything was ever written to it or to its metadata. */
  entry: StreamEntry | undefined
  tombstoned: boolean
  /** See {@link StreamLimits.nothingFitsTombstones}. */
  nothingFitsTombstones: boolean
  hasMetadata: boolean
  recent: RecentIds
  idAt: (ordinal: number) => string
}

/**
 * Judges an append by the expected revision and by the ids of its events, as the real server does.
 *
 * A known id is looked for in two ways. Under `any` and `stream_exists` only the recent ids count, and only the first
 * event opens the question: if it is new, all are written, also those that are known. At an exact revision below the
 * head the ids must be those that stand there, for ever; the data is not compared.
 */
export function judge (expected: Expected, events: readonly NewRecord[], grounds: Grounds): Verdict {
  const { entry, tombstoned, hasMetadata } = grounds
  if (tombstoned) return events.length === 0 && grounds.nothingFitsTombstones && fitsTombstone(expected) ? WRITE : DELETED
  const head = (entry?.length ?? 0) - 1
  const softDeleted = entry !== undefined && isSoftDeleted(entry.writersMetadata)
  const write = softDeleted ? UNDELETE : WRITE

  if (expected === 'any' || expected === 'stream_exists') {
    if (expected === 'stream_exists' && softDeleted) return DELETED
    const known = entry === undefined ? undefined : recentlyWritten(entry, events, grounds.recent)
    if (known !== undefined) return known
    return expected === 'stream_exists' && head < 0 && !hasMetadata ? CONFLICT : write
  }

  const after = expected === 'no_stream' ? -1n : expected
  if (after === BigInt(head)) return write
  if (after > BigInt(head) || events.length === 0) return CONFLICT
  return writtenAfter(entry!, Number(after), events, grounds.idAt) ??
    (expected === 'no_stream' && softDeleted && grounds.idAt(entry!.ordinalAt(0)!) !== events[0]!.id ? write : CONFLICT)
}

function fitsTombstone (expected: Expected): boolean {
  return expected === 'any' || expected === 'no_stream' || expected === TOMBSTONE_REVISION
}

function recentlyWritten (entry: StreamEntry, events: readonly NewRecord[], recent: RecentIds): Verdict | undefined {
  let last: { revision: number, ordinal: number } | undefined
  for (const event of events) {
    const place = recent.find(event.id)
    if (place === undefined || place.stream !== entry.number) return last === undefined ? undefined : CONFLICT
    last = place
  }
  return last === undefined ? undefined : { kind: 'known', revision: last.revision, ordinal: last.ordinal }
}

function writtenAfter (entry: StreamEntry, after: number, events: readonly NewRecord[], idAt: (ordinal: number) => string): Verdict | undefined {
  let ordinal = -1
  for (let i = 0; i < events.length; i++) {
    const there = entry.ordinalAt(after + 1 + i)
    if (there === undefined || idAt(there) !== events[i]!.id) return undefined
    ordinal = there
  }
  return { kind: 'known', revision: after + events.length, ordinal }
}
