import type { Slice } from './slice.js'

/** The smallest value that so large a part of all values does not exceed (nearest rank). */
export function quantile (values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN
}

/** How many in a second, over all of these together. */
export function rate (slices: readonly Slice[]): number {
  return sum(slices.map(({ count }) => count)) / sum(slices.map(({ seconds }) => seconds))
}

export interface Ratio {
  /** Of the sums of all slices. */
  readonly value: number
  /** The standard deviation of the single pairs, as a part of their mean. */
  readonly spread: number
  readonly lowest: number
  readonly highest: number
}

/** How fast one way is beside the other, from slices that were measured in pairs. */
export function ratio (pairs: ReadonlyArray<readonly [Slice, Slice]>): Ratio {
  const single = pairs.map(([one, other]) => rate([one]) / rate([other]))
  const mean = sum(single) / single.length
  const variance = sum(single.map((value) => (value - mean) ** 2)) / (single.length - 1)
  return {
    value: rate(pairs.map(([one]) => one)) / rate(pairs.map(([, other]) => other)),
    spread: Math.sqrt(variance) / mean,
    lowest: Math.min(...single),
    highest: Math.max(...single)
  }
}

function sum (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
