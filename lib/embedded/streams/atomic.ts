import type { AtomicAppend, Expected, ExpectedState, NewRecord } from './append.js'
import type { Verdict } from './expected.js'
import type { StreamState } from './readable.js'

/** What an append to several streams asks of one of them. */
export interface Share {
  stream: string
  expected: ExpectedState
  /** Which check it is; those without one are counted behind the checks. */
  check: number
  /** Empty for a stream that is only looked at. */
  events: NewRecord[]
}

/** What is asked of each stream: those that are written to first, in the order of their first records. */
export function sharesOf ({ records, checks }: AtomicAppend): Share[] {
  const shares = new Map<string, Share>()
  const share = (stream: string): Share => {
    let found = shares.get(stream)
    if (found === undefined) shares.set(stream, found = { stream, expected: 'any', check: -1, events: [] })
    return found
  }
  for (const { stream, event } of records) share(stream).events.push(event)
  checks.forEach(({ stream, expected }, check) => { Object.assign(share(stream), { expected, check }) })
  let unchecked = checks.length
  for (const found of shares.values()) if (found.check < 0) found.check = unchecked++
  return [...shares.values()]
}

/**
 * Judges one stream of several.
 * @param judge how an append to this stream alone would be judged
 */
export function judgeShare ({ expected, events }: Share, state: StreamState, judge: (expected: Expected) => Verdict): Verdict {
  if (expected === 'tombstoned') {
    return state === 'tombstoned' && events.length === 0 ? { kind: 'write', undelete: false } : { kind: 'conflict' }
  }
  if (expected !== 'soft_deleted') return judge(expected)
  return state === 'soft-deleted' ? judge('any') : { kind: 'conflict' }
}
