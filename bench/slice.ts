import { performance } from 'node:perf_hooks'

/** What was done in a short stretch of time. */
export interface Slice {
  readonly count: number
  readonly seconds: number
  /** Milliseconds that each took, in no order. */
  readonly latencies: readonly number[]
}

/** One of the things that are compared. */
export interface Way {
  readonly name: string
  /** How many are under way at once. */
  readonly parallel: number
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
  readonly #count: number
  readonly #latencies: number[] = []
  #answers = 0
  #begin = NaN
  #end = NaN

  constructor ({ parallel }: Pick<Way, 'parallel'>, count: number) {
    this.#parallel = parallel
    this.#count = count
    this.amount = count + 2 * parallel
  }

  answered (milliseconds: number): void {
    const place = ++this.#answers - this.#parallel
    if (place === 0) this.#begin = performance.now()
    if (place < 1 || place > this.#count) return
    this.#latencies.push(milliseconds)
    if (place === this.#count) this.#end = performance.now()
  }

  slice (): Slice {
    if (Number.isNaN(this.#end)) throw new Error(`Only ${this.#answers} of ${this.amount} were answered`)
    return { count: this.#count, seconds: (this.#end - this.#begin) / 1000, latencies: this.#latencies }
  }
}
