import type { Slice, Way } from './slice.js'
import { rate } from './statistics.js'
import type { Strangers } from './strangers.js'

/** Cores; a slice during which strangers used more says little about what was measured. */
export const DISTURBED = 0.15

/** How many pairs of slices are tried at most, as a multiple of those that are wanted. */
const PATIENCE = 3

/** Until a way is as fast as it gets, compiled and with its connections standing. */
const WARM_UP_PAIRS = 3
const FIRST_COUNT = 500

/** One slice of each way, the one right after the other. */
export type Pair = readonly [Slice, Slice]

export interface Plan {
  /** Of each way. */
  readonly slices: number
  /** Milliseconds that a slice is to take. */
  readonly sliceMs: number
  /** Undefined where nobody can tell. */
  readonly strangers: Strangers | undefined
  readonly onSlice: (progress: SliceProgress) => void
}

/** A slice that has just been measured. */
export interface SliceProgress {
  readonly way: Way
  readonly slice: Slice
  readonly warmUp: boolean
  /** Pairs that count so far. */
  readonly kept: number
  /** Pairs that strangers have disturbed so far. */
  readonly disturbed: number
  /** Cores that strangers used meanwhile. */
  readonly strangers: number | undefined
}

export interface Comparison {
  /** What counts. */
  readonly pairs: readonly Pair[]
  /** How many pairs were discarded since strangers disturbed them. */
  readonly discarded: number
  /** How many of those that count were disturbed: not 0 only where there were too few others. */
  readonly disturbed: number
}

/**
 * Measures two ways in short slices by turns, in the order ABBA, so that what changes slowly on a machine hits both alike. Pairs
 * that strangers have disturbed are measured again, but not for ever: if the machine stays busy, all count.
 */
export async function alternate (ways: readonly [Way, Way], { slices, sliceMs, strangers, onSlice }: Plan): Promise<Comparison> {
  const next = new Map(ways.map((way) => [way, FIRST_COUNT]))
  const kept: Pair[] = []
  const disturbed: Pair[] = []

  async function measure (way: Way, warmUp: boolean): Promise<{ slice: Slice, quiet: boolean }> {
    const watched = strangers?.watch()
    const slice = await way.run(next.get(way)!)
    const used = watched?.()
    next.set(way, Math.max(way.parallel, Math.round(rate([slice]) * sliceMs / 1000)))
    onSlice({ way, slice, warmUp, kept: kept.length, disturbed: disturbed.length, strangers: used })
    return { slice, quiet: used === undefined || used <= DISTURBED }
  }

  const [a, b] = ways
  for (let i = 0; i < WARM_UP_PAIRS; i++) {
    await measure(a, true)
    await measure(b, true)
  }
  while (kept.length < slices && kept.length + disturbed.length < PATIENCE * slices) {
    // A pair that is measured again has the order of the one in whose place it comes: there are as many AB as BA.
    const turned = kept.length % 2 === 1
    const first = await measure(turned ? b : a, false)
    const second = await measure(turned ? a : b, false)
    const pair: Pair = turned ? [second.slice, first.slice] : [first.slice, second.slice]
    if (first.quiet && second.quiet) kept.push(pair)
    else disturbed.push(pair)
  }
  if (kept.length < slices) return { pairs: [...kept, ...disturbed], discarded: 0, disturbed: disturbed.length }
  return { pairs: kept, discarded: disturbed.length, disturbed: 0 }
}
