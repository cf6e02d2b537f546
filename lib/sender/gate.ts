import { ClosingError, OverloadedError, StoreUnavailableError } from '../errors.js'
import type { Schedule, Ticket } from './schedule.js'

interface Held {
  readonly pass: () => void
  readonly turnAway: (error: Error) => void
  readonly ticket: Ticket
}

/** Milliseconds after the start during which commands are held rather than turned away, since the loops stand any moment. */
const PATIENCE_MS = 2_000

/** Holds the first commands back until the sender hears of outcomes, and turns them away when that takes long. */
export class Gate {
  readonly #schedule: Schedule
  readonly #most: number
  readonly #held = new Set<Held>()
  #begunAt: number | undefined
  #open = false
  #closed = false

  /** @param most commands that are held at once */
  constructor (schedule: Schedule, most: number) {
    this.#schedule = schedule
    this.#most = most
  }

  get isOpen (): boolean {
    return this.#open
  }

  begin (): void {
    this.#begunAt = performance.now()
  }

  open (): void {
    if (this.#closed) return
    this.#open = true
    for (const held of this.#held) this.#release(held).pass()
  }

  close (): void {
    this.#closed = true
    for (const held of this.#held) this.#release(held).turnAway(new ClosingError())
  }

  /**
   * Resolves when commands may go; rejects with a coded error when this one may not.
   * @param until the caller waits no longer, as `performance.now()` counts
   */
  async pass (until: number, trouble: () => Error | undefined): Promise<void> {
    if (this.#closed) throw new ClosingError()
    if (this.#open) return
    const left = Math.min(until, (this.#begunAt ?? -Infinity) + PATIENCE_MS) - performance.now()
    if (left <= 0) throw new StoreUnavailableError({ cause: trouble() })
    if (this.#held.size >= this.#most) throw new OverloadedError()
    await new Promise<void>((resolve, reject) => {
      const held: Held = {
        pass: resolve,
        turnAway: reject,
        ticket: this.#schedule.after(left, () => this.#release(held).turnAway(new StoreUnavailableError({ cause: trouble() })))
      }
      this.#held.add(held)
    })
  }

  #release (held: Held): Held {
    this.#held.delete(held)
    this.#schedule.cancel(held.ticket)
    return held
  }
}
