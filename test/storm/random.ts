/** Numbers that look random and are the same for the same seed, on every machine. */
export class Random {
  #state: number

  constructor (seed: number, purpose = '') {
    let hash = 0x811c9dc5
    // Purposes keep one thing's draws from changing when another draws more.
    for (const character of `${seed}/${purpose}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
    this.#state = hash >>> 0
  }

  /** From 0 to below 1. */
  next (): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Both ends included. */
  integer (least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance (probability: number): boolean {
    return this.next() < probability
  }

  pick<T> (from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)]!
  }

  /** One of these, each as often as its weight says. */
  weighted<T> (choices: readonly (readonly [T, number])[]): T {
    let left = this.next() * choices.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [choice, weight] of choices) {
      left -= weight
      if (left < 0) return choice
    }
    return choices.at(-1)![0]
  }

  uuid (): string {
    const hex = Array.from({ length: 8 }, () => this.integer(0, 0xffff).toString(16).padStart(4, '0')).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${'89ab'[this.integer(0, 3)]}${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}
