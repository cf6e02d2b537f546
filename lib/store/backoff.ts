/** Growing, jittered waits, so that many processes do not come back to a store at the same moment. */
export class Backoff {
  readonly #least: number
  readonly #most: number
  #next: number

  /** Milliseconds. */
  constructor (least: number, most: number) {
    this.#least = least
    this.#most = most
    this.#next = least
  }

  /** How long to wait this time: between half and all of a span that doubles up to the most. */
  next (): number {
    const span = this.#next
    this.#next = Math.min(span * 2, this.#most)
    return Math.round(span / 2 + Math.random() * span / 2)
  }

  reset (): void {
    this.#next = this.#least
  }
}
