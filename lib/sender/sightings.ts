/** Commands of which it is remembered that their outcome passed; up to twice as many. */
const MANY = 10_000

/**
 * The latest commands of other senders whose outcomes passed by here. Where one of them is sent to this node too, its outcome
 * stands in the store already.
 */
export class Sightings {
  readonly #many: number
  #latest = new Set<string>()
  #earlier = new Set<string>()

  constructor (many = MANY) {
    this.#many = many
  }

  get size (): number {
    return this.#latest.size + this.#earlier.size
  }

  /** @param stream where the outcome stands */
  add (comId: string, stream: string): void {
    this.#latest.add(`${comId} ${stream}`)
    if (this.#latest.size < this.#many) return
    this.#earlier = this.#latest
    this.#latest = new Set()
  }

  has (comId: string, stream: string): boolean {
    const key = `${comId} ${stream}`
    return this.#latest.has(key) || this.#earlier.has(key)
  }
}
