/** Ids kept, some 150 bytes each. */
const MOST_KEPT = 100_000

/**
 * Where in aggregates' streams outcomes were passed by while others were looked for. When a store delivers again what was decided long
 * ago, it does so in the order of the commands, and so about in that of their outcomes: what is looked for next was passed by lately.
 * A place is a hint, which spares the way there: what does not stand there is looked for everywhere.
 */
export class Places {
  readonly #mostKept: number
  readonly #byAggregate = new Map<string, Map<string, bigint>>()
  #kept = 0

  constructor (mostKept = MOST_KEPT) {
    this.#mostKept = mostKept
  }

  note (aggId: string, comId: string, revision: bigint): void {
    let places = this.#byAggregate.get(aggId)
    if (places?.has(comId) === true) return
    if (this.#kept >= this.#mostKept) {
      this.#byAggregate.clear()
      this.#kept = 0
      places = undefined
    }
    if (places === undefined) this.#byAggregate.set(aggId, places = new Map())
    places.set(comId, revision)
    this.#kept++
  }

  of (aggId: string, comId: string): bigint | undefined {
    return this.#byAggregate.get(aggId)?.get(comId)
  }
}
