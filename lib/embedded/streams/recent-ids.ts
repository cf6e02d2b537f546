import type { StreamEntry } from './entry.js'

/** What a real server spends on remembering recent event ids, in bytes. */
const BUDGET = 8 * 1024 * 1024

/** What one id costs of it besides two bytes for each character of its stream's name. */
const ENTRY_BYTES = 52

const FIRST_PLACES = 1024

/** When a full ring has more living places than this part of it, it is made twice as large. */
const CROWDED = 0.75

/** Where an event was written. */
export interface Place {
  /** The stream's number. */
  stream: number
  revision: number
  ordinal: number
}

/** An id is so many words of 32 bits. */
const WORDS = 4

/** Columns of places in the order of their being written, in a ring, and a hash table of them that is probed slot by slot. */
class Ring {
  readonly mask: number
  readonly ids: Int32Array
  readonly hashes: Uint32Array
  readonly streams: Uint32Array
  readonly revisions: Uint32Array
  readonly ordinals: Uint32Array
  /** What a place costs of the budget; 0 for one that is no longer used. */
  readonly costs: Uint32Array
  /** Places in the ring, from 1. */
  readonly slots: Uint32Array

  constructor (readonly size: number) {
    this.mask = size - 1
    this.ids = new Int32Array(WORDS * size)
    this.hashes = new Uint32Array(size)
    this.streams = new Uint32Array(size)
    this.revisions = new Uint32Array(size)
    this.ordinals = new Uint32Array(size)
    this.costs = new Uint32Array(size)
    this.slots = new Uint32Array(2 * size)
  }
}

/**
 * The memory behind the idempotency of appends that expect `any` or an existing stream: which events were written last,
 * and where. It is bounded, and empty after a restart, so an old event, or one from before, is written a second time.
 * What it holds are numbers, so it costs the garbage collector nothing.
 */
export class RecentIds {
  /** The id that is looked for or added. */
  readonly #id = new Int32Array(WORDS)
  #text = ''
  #sum = 0
  #ring = new Ring(FIRST_PLACES)
  /** How many places were ever begun, and passed: the first place in use, and the next one, when taken modulo the ring's size. */
  #oldest = 0
  #next = 0
  #living = 0
  #bytes = 0

  /** Where the first event of that id that is not forgotten was written. */
  find (id: string): Place | undefined {
    const at = this.#ring.slots[this.#slotOf(this.#read(id))]!
    if (at === 0) return undefined
    const { streams, revisions, ordinals } = this.#ring
    return { stream: streams[at - 1]!, revision: revisions[at - 1]!, ordinal: ordinals[at - 1]! }
  }

  /** An id that is known keeps its place, also where it is written to another stream. */
  add (id: string, entry: StreamEntry, revision: number, ordinal: number): void {
    const sum = this.#read(id)
    if (this.#ring.slots[this.#slotOf(sum)] !== 0) return
    this.#put(sum, { stream: entry.number, revision, ordinal }, ENTRY_BYTES + 2 * entry.name.length)
    while (this.#bytes > BUDGET) this.#remove(this.#oldest++ & this.#ring.mask)
  }

  /** Forgets what was never confirmed: all from an ordinal on. */
  forgetFrom (ordinal: number): void {
    for (let count = this.#oldest; count < this.#next; count++) {
      const at = count & this.#ring.mask
      if (this.#ring.ordinals[at]! >= ordinal) this.#remove(at)
    }
  }

  clear (): void {
    this.#ring = new Ring(FIRST_PLACES)
    this.#oldest = this.#next = this.#living = this.#bytes = 0
  }

  /** Makes an id the one that is spoken of, and returns its hash. */
  #read (id: string): number {
    // What is added was mostly looked for just before.
    if (id === this.#text) return this.#sum
    for (let i = 0; i < WORDS; i++) this.#id[i] = word(id, i)
    this.#text = id
    this.#sum = hash(this.#id)
    return this.#sum
  }

  /** Puts a place behind all others. */
  #put (sum: number, { stream, revision, ordinal }: Place, cost: number): void {
    if (this.#next - this.#oldest === this.#ring.size) this.#makeRoom()
    const ring = this.#ring
    const at = this.#next++ & ring.mask
    for (let i = 0; i < WORDS; i++) ring.ids[WORDS * at + i] = this.#id[i]!
    ring.hashes[at] = sum
    ring.streams[at] = stream
    ring.revisions[at] = revision
    ring.ordinals[at] = ordinal
    ring.costs[at] = cost
    ring.slots[this.#slotOf(sum)] = at + 1
    this.#living++
    this.#bytes += cost
  }

  #remove (at: number): void {
    const { costs } = this.#ring
    if (costs[at] === 0) return
    this.#bytes -= costs[at]!
    costs[at] = 0
    this.#living--
    this.#free(at)
  }

  /** The slot of the id, or the free one where it belongs. */
  #slotOf (sum: number): number {
    const { slots, hashes } = this.#ring
    const mask = slots.length - 1
    let slot = sum & mask
    for (let at = slots[slot]!; at !== 0; at = slots[slot]!) {
      if (hashes[at - 1] === sum && this.#isAt(at - 1)) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  #isAt (at: number): boolean {
    const { ids } = this.#ring
    for (let i = 0; i < WORDS; i++) if (ids[WORDS * at + i] !== this.#id[i]) return false
    return true
  }

  /** Empties the slot of a place, and moves up whatever would not be found any more behind it. */
  #free (at: number): void {
    const { slots, hashes } = this.#ring
    const mask = slots.length - 1
    let empty = hashes[at]! & mask
    while (slots[empty] !== at + 1) empty = (empty + 1) & mask
    for (let slot = (empty + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const wanted = hashes[slots[slot]! - 1]! & mask
      if (((slot - wanted) & mask) < ((slot - empty) & mask)) continue
      slots[empty] = slots[slot]!
      empty = slot
    }
    slots[empty] = 0
  }

  /** Leaves out what is no longer used, in a larger ring if that is little. */
  #makeRoom (): void {
    const from = this.#ring
    const ring = new Ring(this.#living > CROWDED * from.size ? 2 * from.size : from.size)
    const mask = ring.slots.length - 1
    let to = 0
    for (let count = this.#oldest; count < this.#next; count++) {
      const at = count & from.mask
      if (from.costs[at] === 0) continue
      for (let i = 0; i < WORDS; i++) ring.ids[WORDS * to + i] = from.ids[WORDS * at + i]!
      ring.hashes[to] = from.hashes[at]!
      ring.streams[to] = from.streams[at]!
      ring.revisions[to] = from.revisions[at]!
      ring.ordinals[to] = from.ordinals[at]!
      ring.costs[to] = from.costs[at]!
      let slot = from.hashes[at]! & mask
      while (ring.slots[slot] !== 0) slot = (slot + 1) & mask
      ring.slots[slot] = ++to
    }
    this.#ring = ring
    this.#oldest = 0
    this.#next = to
  }
}

const DASHES = [8, 13, 18, 23]
const DIGITS = Array.from({ length: 36 }, (_, at) => at).filter((at) => !DASHES.includes(at))
const WORD_DIGITS = 8

/** One word of an id. */
function word (id: string, number: number): number {
  let value = 0
  for (let i = WORD_DIGITS * number; i < WORD_DIGITS * (number + 1); i++) {
    const letter = id.charCodeAt(DIGITS[i]!)
    // Letters stand behind 0x40, one too low.
    value = value << 4 | (letter & 0xf) + 9 * (letter >>> 6)
  }
  return value
}

/** Stirred, since not all bits of an id are random, and the table goes by the lowest. */
function hash (words: Int32Array): number {
  let sum = Math.imul(words[0]! ^ words[1]! ^ words[2]! ^ words[3]!, 0x2c1b3c6d)
  sum = Math.imul(sum ^ sum >>> 15, 0x297a2d39)
  return (sum ^ sum >>> 13) >>> 0
}
