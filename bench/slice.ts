import { performance } from 'node:perf_hooks'
import type { CpuTime } from './cpu.js'

/** What was done in a short stretch of time. */
export interface Slice {
  readonly count: number
  readonly seconds: number
  /** Milliseconds that each took, in no order; empty where that means nothing. */
  readonly latencies: readonly number[]
  /** What was used meanwhile, where the way tells. */
  readonly cpu: CpuTime | undefined
}

/** One of the things that are compared. */
export interface Way {
  readonly name: string
  /** How many are under way at once. */
  readonly parallel: number
  /** What has been used so far. */
  readonly cpu?: () => CpuTime
  /** Does so many, and as many more as a slice's clock leaves out. */
  run (count: number): Promise<Slice>
}

/**
 * Times a slice in its steady state. The first answer and the last one of each of those that work in parallel do not count:
 * there connections are being opened, or less and less is under way.
 */
export class SliceClock {
  /** How many to do in all. */
  readonly amount: number
  readonly #parallel: number
  readonly #cpu: Way['cpu']
  readonly #count: number
  readonly #latencies: number[] = []
  #answers = 0
  #begin = NaN
  #end = NaN
  #cpuBefore: CpuTime | undefined
  #cpuAfter: CpuTime | undefined

  constructor ({ parallel, cpu }: Pick<Way, 'parallel' | 'cpu'>, count: number) {
    this.#parallel = parallel
    this.#cpu = cpu
    this.#count = count
    this.amount = count + 2 * parallel
  }

  /**
   * @param milliseconds how long it took, where that means anything.
   */
  answered (milliseconds?: number): void {
    const place = ++this.#answers - this.#parallel
    if (place === 0) {
      this.#cpuBefore = this.#cpu?.()
      this.#begin = performance.now()
    }
    if (place < 1 || place > this.#count) return
    if (milliseconds !== undefined) this.#latencies.push(milliseconds)
    if (place < this.#count) return
    this.#end = performance.now()
    this.#cpuAfter = this.#cpu?.()
  }

  slice (): Slice {
    if (Number.isNaN(this.#end)) throw new Error(`Only ${this.#answers} of ${this.amount} were answered`)
    return {
      count: this.#count,
      seconds: (this.#end - this.#begin) / 1000,
      latencies: this.#latencies,
      cpu: used(this.#cpuBefore, this.#cpuAfter)
    }
  }
}

/**
 * A slice of calls: each of those that work in parallel begins its next call when the one before is answered.
 * @param call is told which of them makes it, from 0 on.
 */
export async function sliceOfCalls (way: Pick<Way, 'parallel' | 'cpu'>, count: number, call: (place: number) => Promise<unknown>): Promise<Slice> {
  const clock = new SliceClock(way, count)
  let left = clock.amount
  await Promise.all(Array.from({ length: way.parallel }, async (_, place) => {
    while (left-- > 0) {
      const begin = performance.now()
      await call(place)
      clock.answered(performance.now() - begin)
    }
  }))
  return clock.slice()
}

function used (before: CpuTime | undefined, after: CpuTime | undefined): CpuTime | undefined {
  if (before === undefined || after === undefined) return undefined
  const known = before.store !== undefined && after.store !== undefined
  return { store: known ? after.store! - before.store! : undefined, client: after.client - before.client }
}
