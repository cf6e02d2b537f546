import type { Request } from './checks.js'
import type { Stream } from './store.js'

/** The aggregate's stream, and the appends that nobody waits for and that may still come to it. Equal ones are one object. */
export interface Store {
  readonly number: number
  readonly stream: Stream
  readonly late: readonly Request[]
}

export class Stores {
  readonly all: Store[] = []
  readonly #known = new Map<string, Store>()

  of (stream: Stream, late: readonly Request[]): Store {
    const key = [stream, ...late].map(({ number }) => number).join(' ')
    let store = this.#known.get(key)
    if (store === undefined) {
      store = { number: this.all.length, stream, late }
      this.all.push(store)
      this.#known.set(key, store)
    }
    return store
  }
}
