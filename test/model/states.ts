/** The number of no state. */
export const NONE = -1

/**
 * A set of states of two workers, numbered in the order in which they were added. A state is three numbers: of the store, and
 * of each worker. Two workers that change places are the same two workers: whatever can happen to one can happen to the other.
 */
export class States {
  #slots = new Int32Array(1 << 16).fill(NONE)
  #fields = new Int32Array(3 << 14)
  #parents = new Int32Array(1 << 14)
  size = 0

  add (store: number, one: number, other: number, parent: number): void {
    const [b, c] = one < other ? [one, other] : [other, one]
    let slot = this.#slot(store, b, c)
    if (this.#slots[slot] !== NONE) return
    if (this.size * 3 === this.#fields.length) {
      this.#fields = grown(this.#fields)
      this.#parents = grown(this.#parents)
    }
    if (this.size * 2 > this.#slots.length) {
      this.#rehash()
      slot = this.#slot(store, b, c)
    }
    this.#fields.set([store, b, c], this.size * 3)
    this.#parents[this.size] = parent
    this.#slots[slot] = this.size++
  }

  /** The state's number, or NONE. */
  find (store: number, one: number, other: number): number {
    return this.#slots[one < other ? this.#slot(store, one, other) : this.#slot(store, other, one)]!
  }

  at (number: number): [number, number, number] {
    const at = number * 3
    return [this.#fields[at]!, this.#fields[at + 1]!, this.#fields[at + 2]!]
  }

  parent (number: number): number {
    return this.#parents[number]!
  }

  #slot (a: number, b: number, c: number): number {
    const mask = this.#slots.length - 1
    let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b)
    hash = Math.imul((hash ^ (hash >>> 15)) + b, 0xc2b2ae35)
    hash = Math.imul((hash ^ (hash >>> 13)) + c, 0x27d4eb2f)
    let slot = (hash ^ (hash >>> 16)) & mask
    for (let number = this.#slots[slot]!; number !== NONE; number = this.#slots[slot]!) {
      const at = number * 3
      if (this.#fields[at] === a && this.#fields[at + 1] === b && this.#fields[at + 2] === c) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #rehash (): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(NONE)
    for (let number = 0; number < this.size; number++) this.#slots[this.#slot(...this.at(number))] = number
  }
}

function grown (numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2)
  larger.set(numbers)
  return larger
}
