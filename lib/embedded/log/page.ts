import type { Log } from './log.js'
import type { LogRecord } from './record.js'

/** Who reads many records reads as many at once as fit into this; a record that is larger is read alone. */
export const PAGE_BYTES = 4 * 1024 * 1024

/** The first confirmed records from one ordinal up to, without, another: those that are read at once. */
export function readPage (log: Log, from: number, to: number): Promise<LogRecord[]> {
  const most = Math.min(to, log.confirmed)
  if (most - from <= 1 || bytesBetween(log, from, most) <= PAGE_BYTES) return log.slice(from, most)
  let [low, high] = [from + 1, most]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (bytesBetween(log, from, middle) <= PAGE_BYTES) low = middle
    else high = middle - 1
  }
  return log.slice(from, low)
}

/** The last of them, downwards. */
export async function readPageBackwards (log: Log, from: number, to: number): Promise<LogRecord[]> {
  let [low, high] = [from, Math.max(to - 1, from)]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (bytesBetween(log, middle, to) <= PAGE_BYTES) high = middle
    else low = middle + 1
  }
  return (await log.slice(low, to)).reverse()
}

/** The first of a stream's ordinals, upwards or downwards: those that are read at once. */
export function onePage (log: Log, ordinals: number[]): number[] {
  const [first, last] = [ordinals[0], ordinals[ordinals.length - 1]]
  if (first === undefined || last === undefined || first === last) return ordinals
  // Mostly all that stands between them fits too.
  if (bytesBetween(log, Math.min(first, last), Math.max(first, last) + 1) <= PAGE_BYTES) return ordinals
  return ordinals.slice(0, affordable(log, ordinals))
}

/** How many of the ordinals are read at once; what has none costs nothing. */
export function affordable (log: Log, ordinals: readonly (number | undefined)[]): number {
  let bytes = 0
  for (const [i, ordinal] of ordinals.entries()) {
    if (ordinal === undefined) continue
    bytes += bytesBetween(log, ordinal, ordinal + 1)
    if (bytes > PAGE_BYTES) return Math.max(i, 1)
  }
  return ordinals.length
}

/** What the records from one ordinal up to, without, another take. The size of the log's last one is not known, and does not count. */
function bytesBetween (log: Log, from: number, to: number): number {
  return Number(log.positionAt(Math.min(to, log.confirmed - 1)) - log.positionAt(from))
}
