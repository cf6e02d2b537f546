/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export class Chance {
  #state: number

  constructor (seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next (): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to below this. */
  below (bound: number): number {
    return Math.floor(this.next() * bound)
  }

  /** Whether something happens that happens in so many of a hundred cases. */
  percent (share: number): boolean {
    return this.next() * 100 < share
  }

  pick<T> (from: readonly T[]): T {
    return from[this.below(from.length)]!
  }

  bytes (length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    for (let at = 0; at < length; at++) bytes[at] = this.below(256)
    return bytes
  }
}
