import type { StoreLog } from '../store/index.js'
import type { Schedule, Ticket } from './schedule.js'

/** Milliseconds between two warnings. */
const PAUSE = 60_000

/** Links that are waited for at once; beyond them no more are watched, since enough are late to tell. */
const MANY = 1_000

/** Tells operators, once in a while, of outcomes that stand in their streams and are not delivered. */
export class LateLinks {
  readonly #stream: string
  readonly #patience: number
  readonly #schedule: Schedule
  readonly #log: StoreLog
  readonly #missing = new Map<string, Ticket>()
  #count = 0
  #toldAt: number | undefined

  /** @param patience milliseconds that a link may take longer than a look into the stream, since on a busy store they are late */
  constructor (stream: string, patience: number, schedule: Schedule, log: StoreLog) {
    this.#stream = stream
    this.#patience = patience
    this.#schedule = schedule
    this.#log = log
  }

  /** The outcome of this command was found by looking for it, and its link has not come. */
  missing (comId: string): void {
    if (this.#missing.has(comId) || this.#missing.size >= MANY) return
    this.#missing.set(comId, this.#schedule.after(this.#patience, () => {
      this.#missing.delete(comId)
      this.#late()
    }))
  }

  /** An event of this command was delivered. */
  came (comId: string): void {
    const ticket = this.#missing.get(comId)
    if (ticket === undefined) return
    this.#missing.delete(comId)
    this.#schedule.cancel(ticket)
  }

  #late (): void {
    this.#count++
    const now = performance.now()
    if (this.#toldAt !== undefined && now - this.#toldAt < PAUSE) return
    this.#log.warn({ stream: this.#stream, outcomes: this.#count },
      'Outcomes were found by looking for them, and their links still do not come: is the projection $by_category running?')
    this.#toldAt = now
    this.#count = 0
  }
}
