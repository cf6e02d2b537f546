import { AbandonedError } from '../aggregator/index.js'

interface Turn {
  readonly alone: boolean
  readonly begin: () => void
}

/**
 * Lets tasks run side by side, and some of them with no other beside them, in all of the worker. Turns are taken in
 * the order in which they are asked for, so that neither kind waits for ever.
 */
export class Solitude {
  readonly #signal: AbortSignal
  readonly #waiting: Turn[] = []
  #running = 0
  #alone = false

  /** @param signal ends all waiting, by an {@link AbandonedError} */
  constructor (signal: AbortSignal) {
    this.#signal = signal
  }

  beside<T> (task: () => Promise<T>): Promise<T> {
    return this.#run(false, task)
  }

  alone<T> (task: () => Promise<T>): Promise<T> {
    return this.#run(true, task)
  }

  async #run<T> (alone: boolean, task: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || !this.#mayBegin(alone)) await this.#turn(alone)
    else this.#begin(alone)
    try {
      return await task()
    } finally {
      this.#running--
      this.#alone = false
      this.#admit()
    }
  }

  #mayBegin (alone: boolean): boolean {
    return alone ? this.#running === 0 : !this.#alone
  }

  #begin (alone: boolean): void {
    this.#running++
    this.#alone = alone
  }

  /** Resolves when the turn has begun. */
  async #turn (alone: boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const signal = this.#signal
      if (signal.aborted) {
        reject(new AbandonedError())
        return
      }
      const turn: Turn = {
        alone,
        begin: () => {
          signal.removeEventListener('abort', giveUp)
          this.#begin(alone)
          resolve()
        }
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1)
        reject(new AbandonedError())
        this.#admit()
      }
      signal.addEventListener('abort', giveUp)
      this.#waiting.push(turn)
    })
  }

  #admit (): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#mayBegin(next.alone); next = this.#waiting[0]) {
      this.#waiting.shift()
      next.begin()
    }
  }
}
