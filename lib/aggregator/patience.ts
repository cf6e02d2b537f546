import { setTimeout as wait } from 'node:timers/promises'

const SHORTEST = 25
const LONGEST = 5_000

/**
 * Waiting for a store in trouble: growing, jittered, and ended by the signal. Trouble with the store is never an
 * outcome, so nothing here gives up by itself.
 */
export class Patience {
  readonly #signal: AbortSignal
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
    const longest = Math.min(LONGEST, SHORTEST * 2 ** Math.min(this.#attempts++, 10))
    try {
      await wait(longest * (0.5 + Math.random() / 2), undefined, { signal: this.#signal })
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
