import type { Slice, Way } from './slice.js'
import { rate } from './statistics.js'
import type { Strangers } from './strangers.js'
import type { TwoCores } from './two-cores.js'

/** Cores; a slice during which strangers used more says little about what was measured. */
export const DISTURBED = 0.15

/** How many rounds are tried at most, as a multiple of those that are wanted. */
const PATIENCE = 3

/** How many the first slice does for each that is under way at once: nobody knows yet how fast they are. */
const FIRST_TURNS = 5

/** One slice of each way, the one right after the other, in the order in which the ways were named. */
export type Round<Ways extends readonly Way[]> = { readonly [Place in keyof Ways]: Slice }

export interface Plan {
  /** Rounds until all ways are as fast as they get, compiled and with their connections standing. */
  readonly warmUp: number
  /** How many each way has done at least when they are: more rounds are added until then. */
  readonly warmUpCount?: number
  /** Of each way. */
  readonly slices: number
  /** Milliseconds that a slice is to take. */
  readonly sliceMs: number
  /** Undefined where nobody can tell. */
  readonly strangers: Strangers | undefined
  /** Missing: whoever works is on any core. */
  readonly cores?: TwoCores | undefined
  readonly onSlice: (progress: SliceProgress) => void
}

/** A slice that has just been measured. */
export interface SliceProgress {
  readonly way: Way
  readonly slice: Slice
  readonly warmUp: boolean
  /** Rounds that count so far. */
  readonly kept: number
  /** Rounds that strangers have disturbed so far. */
  readonly disturbed: number
  /** Cores that strangers used meanwhile. */
  readonly strangers: number | undefined
}

export interface Comparison<Ways extends readonly Way[]> {
  /** What counts. */
  readonly rounds: ReadonlyArray<Round<Ways>>
  /** How many rounds were discarded since strangers disturbed them. */
  readonly discarded: number
  /** How many of those that count were disturbed: not 0 only where there were too few others. */
  readonly disturbed: number
}

/**
 * Measures ways in short slices by turns, two of them in the order ABBA, so that what changes slowly on a machine hits all alike;
 * likewise with cores, of which each has each order.
 * Rounds that strangers have disturbed are measured again, but not for ever: if the machine stays busy, all count.
 */
export async function alternate<const Ways extends readonly Way[]> (
  ways: Ways, { warmUp, warmUpCount = 0, slices, sliceMs, strangers, cores, onSlice }: Plan
): Promise<Comparison<Ways>> {
  const next = new Map(ways.map((way) => [way, FIRST_TURNS * way.parallel]))
  const kept: Array<Round<Ways>> = []
  const disturbed: Array<Round<Ways>> = []

  async function measure (way: Way, warming: boolean): Promise<{ slice: Slice, quiet: boolean }> {
    const watched = strangers?.watch()
    const slice = await way.run(next.get(way)!)
    const used = watched?.()
    next.set(way, Math.max(way.parallel, Math.round(rate([slice]) * sliceMs / 1000)))
    onSlice({ way, slice, warmUp: warming, kept: kept.length, disturbed: disturbed.length, strangers: used })
    return { slice, quiet: used === undefined || used <= DISTURBED }
  }

  async function round (turned: boolean, warming: boolean): Promise<{ slices: Round<Ways>, quiet: boolean }> {
    const measured: Array<{ slice: Slice, quiet: boolean }> = []
    for (const way of turned ? ways.toReversed() : ways) measured.push(await measure(way, warming))
    const inOrder = turned ? measured.toReversed() : measured
    return { slices: inOrder.map(({ slice }) => slice) as Slice[] as unknown as Round<Ways>, quiet: measured.every(({ quiet }) => quiet) }
  }

  const done = ways.map(() => 0)
  for (let i = 0; i < warmUp || done.some((count) => count < warmUpCount); i++) {
    const { slices: warming } = await round(false, true)
    for (const [place, { count }] of warming.entries()) done[place]! += count
  }
  while (kept.length < slices && kept.length + disturbed.length < PATIENCE * slices) {
    // A round that is measured again has the order of the one in whose place it comes: there are as many AB as BA.
    const place = kept.length % 4
    await cores?.take(place % 2 === 1)
    const { slices: measured, quiet } = await round(place === 1 || place === 2, false)
    if (quiet) kept.push(measured)
    else disturbed.push(measured)
  }
  await cores?.release()
  if (kept.length < slices) return { rounds: [...kept, ...disturbed], discarded: 0, disturbed: disturbed.length }
  return { rounds: kept, discarded: disturbed.length, disturbed: 0 }
}
