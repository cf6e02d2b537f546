const SMALLEST = 8

/**
 * The ids of all commands whose outcomes stand in one aggregate's stream, as 64-bit hashes: 8 bytes for each, at a
 * load of at most three quarters. An id that is not in the set has no outcome; one that is may be another's with the
 * same hash, so a hit must be confirmed by reading.
 */
export class CommandIds {
  #slots = new Uint32Array(SMALLEST * 2)
  #size = 0

  get size (): number {
    return this.#size
  }

  has (comId: string): boolean {
    const [high, low] = hash(comId)
    return this.#slots[this.#find(this.#slots, high, low)] !== 0
  }

  add (comId: string): void {
    const [high, low] = hash(comId)
    const at = this.#find(this.#slots, high, low)
    if (this.#slots[at] !== 0) return
    this.#slots[at] = high
    this.#slots[at + 1] = low
    this.#size++
    if (this.#size * 8 > this.#slots.length * 3) this.#grow()
  }

  #find (slots: Uint32Array, high: number, low: number): number {
    const mask = slots.length / 2 - 1
    let slot = low & mask
    while (slots[slot * 2] !== 0 && !(slots[slot * 2] === high && slots[slot * 2 + 1] === low)) slot = (slot + 1) & mask
    return slot * 2
  }

  #grow (): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    for (let at = 0; at < this.#slots.length; at += 2) {
      const high = this.#slots[at]!
      if (high === 0) continue
      const low = this.#slots[at + 1]!
      const to = this.#find(slots, high, low)
      slots[to] = high
      slots[to + 1] = low
    }
    this.#slots = slots
  }
}

/** Both halves pass through a mixer, since ids of one caller may differ in a few digits only. Zero marks a free slot. */
function hash (comId: string): [number, number] {
  const a = parseInt(comId.slice(0, 8), 16)
  const b = parseInt(comId.slice(9, 13) + comId.slice(14, 18), 16)
  const c = parseInt(comId.slice(19, 23) + comId.slice(24, 28), 16)
  const d = parseInt(comId.slice(28, 36), 16)
  const high = mix(mix(mix(mix(a) ^ b) ^ c) ^ d)
  const low = mix(mix(mix(mix(d ^ 0x9e3779b9) ^ c) ^ b) ^ a)
  return [high === 0 ? 1 : high, low]
}

function mix (value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
