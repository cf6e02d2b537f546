import { ALL } from './all.js'

/** Which streams somebody follows live: what is written there is waited for. */
export class Followers {
  readonly #counts = new Map<string, number>()
  /** Rises whenever the answers of {@link some} may change. */
  #version = 0

  get version (): number {
    return this.#version
  }

  add (stream: string): void {
    this.#counts.set(stream, (this.#counts.get(stream) ?? 0) + 1)
    this.#version++
  }

  /** Takes back one {@link add}. */
  remove (stream: string): void {
    const left = this.#counts.get(stream)! - 1
    if (left === 0) this.#counts.delete(stream)
    else this.#counts.set(stream, left)
    this.#version++
  }

  /** Whether anybody follows one of these streams, be it with the whole log. */
  some (matches: (stream: string) => boolean): boolean {
    for (const stream of this.#counts.keys()) if (stream === ALL || matches(stream)) return true
    return false
  }
}
