import type { StreamEntry } from './entry.js'

/** What a real server spends on remembering recent event ids, in bytes. */
const BUDGET = 8 * 1024 * 1024

/** What one id costs of it besides two bytes for each character of its stream's name. */
const ENTRY_BYTES = 52

interface Place {
  /** The stream's number. */
  stream: number
  revision: number
  ordinal: number
  /** What it costs of the budget. */
  cost: number
}

/**
 * The memory behind the idempotency of appends that expect `any` or an existing stream: which events were written last,
 * and where. It is bounded, and empty after a restart, so an old event, or one from before, is written a second time.
 */
export class RecentIds {
  #places = new Map<string, Place>()
  #bytes = 0
  /** Goes once over the places, oldest first: what it has passed is forgotten, or stands behind all others again. */
  #oldest = this.#places.entries()

  /** Where an event of that id was written last. It counts as used again. */
  find (id: string): Place | undefined {
    const place = this.#places.get(id)
    if (place !== undefined) {
      this.#places.delete(id)
      this.#places.set(id, place)
    }
    return place
  }

  add (id: string, entry: StreamEntry, revision: number, ordinal: number): void {
    const before = this.#places.get(id)
    if (before !== undefined) {
      this.#places.delete(id)
      this.#bytes -= before.cost
    }
    const place = { stream: entry.number, revision, ordinal, cost: ENTRY_BYTES + 2 * entry.name.length }
    this.#places.set(id, place)
    this.#bytes += place.cost
    if (this.#bytes > BUDGET) this.#shrink()
  }

  /** Forgets what was never confirmed: all from an ordinal on. */
  forgetFrom (ordinal: number): void {
    for (const [id, place] of this.#places) {
      if (place.ordinal >= ordinal) this.#remove(id, place)
    }
  }

  clear (): void {
    this.#places = new Map()
    this.#oldest = this.#places.entries()
    this.#bytes = 0
  }

  #shrink (): void {
    while (this.#bytes > BUDGET) {
      const { value, done } = this.#oldest.next()
      if (done === true) return
      this.#remove(...value)
    }
  }

  #remove (id: string, place: Place): void {
    this.#places.delete(id)
    this.#bytes -= place.cost
  }
}
