import { setTimeout as wait } from 'node:timers/promises'
import { Backoff } from '../store/index.js'

/** Milliseconds. */
const SHORTEST = 25
const LONGEST = 5_000

/**
 * Waiting for a store in trouble: growing, jittered, and ended by the signal. Trouble with the store is never an
 * outcome, so nothing here gives up by itself.
 */
export class Patience {
  readonly #signal: AbortSignal
  readonly #backoff = new Backoff(SHORTEST, LONGEST)
  #attempts = 0

  constructor (signal: AbortSignal) {
    this.#signal = signal
  }

  /** How often it has waited. */
  get attempts (): number {
    return this.#attempts
  }

  /** Rejects with {@link AbandonedError} when the signal ends it. */
  async wait (): Promise<void> {
    this.#attempts++
    try {
      await wait(this.#backoff.next(), undefined, { signal: this.#signal })
    } catch {
      throw new AbandonedError()
    }
  }
}

/** The worker is closing; the command is left unacknowledged, and another worker will take it. */
export class AbandonedError extends Error {
  constructor () {
    super('The worker closed before the command had an outcome')
  }
}
