import type { StoreLog } from '../store/index.js'

/** Milliseconds between two warnings. */
const PAUSE = 60_000

/** Tells operators, once in a while, of outcomes that stood in their streams and were not delivered. */
export class LateLinks {
  readonly #stream: string
  readonly #log: StoreLog
  #count = 0
  #toldAt: number | undefined

  constructor (stream: string, log: StoreLog) {
    this.#stream = stream
    this.#log = log
  }

  seen (): void {
    this.#count++
    const now = performance.now()
    if (this.#toldAt !== undefined && now - this.#toldAt < PAUSE) return
    this.#log.warn({ stream: this.#stream, outcomes: this.#count },
      'Outcomes were found by looking for them, since their links did not come: is the projection $by_category running?')
    this.#toldAt = now
    this.#count = 0
  }
}
