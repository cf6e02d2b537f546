import { tooSlow } from './errors.js'

/** What comes within this time comes at once. */
const BURST_MS = 100

/** Older servers end the call of a follower that had caught up when much comes at once, in one append or in many. */
export class Burst {
  readonly #bearable: number
  #began = -Infinity
  #count = 0

  constructor (bearable: number) {
    this.#bearable = bearable
  }

  /**
   * @param live whether the follower had caught up before these
   * @throws a status when they are more than it bears
   */
  take (count: number, live: boolean): void {
    if (this.#bearable === Infinity) return
    const now = performance.now()
    if (now - this.#began > BURST_MS) {
      if (!live) return
      this.#began = now
      this.#count = 0
    }
    this.#count += count
    if (this.#count > this.#bearable) throw tooSlow()
  }
}
