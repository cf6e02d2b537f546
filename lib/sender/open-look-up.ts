import type { StoredOutcome, UnusableOutcome } from '../outcome/index.js'
import type { RecordedEvent } from '../store/index.js'
import type { LookUp } from './look-up.js'
import type { LookUps } from './look-ups.js'
import type { Schedule, Ticket } from './schedule.js'

const LONGEST_MS = 60_000

export interface OpenLookUpOptions {
  readonly aggId: string
  readonly comId: string
  /** Milliseconds until the first look. */
  readonly firstLook: number
  readonly lookUps: LookUps
  readonly schedule: Schedule
  readonly onFound: (stored: StoredOutcome, last: RecordedEvent) => void
  readonly onUnusable: (unusable: UnusableOutcome, event: RecordedEvent) => void
  readonly onMissed: () => void
}

/**
 * Looks for the outcome of a command that callers wait for: after a while, then at doubling intervals, and whenever there is a
 * reason to. It saves the callers from waiting for a delivery that does not come.
 */
export class OpenLookUp implements LookUp {
  readonly aggId: string
  readonly comId: string
  readonly searched: { aggregate?: bigint, fail?: bigint } = {}
  readonly #options: OpenLookUpOptions
  #interval: number
  #ticket: Ticket | undefined
  #asking = false
  #again = false
  #stopped = false

  constructor (options: OpenLookUpOptions) {
    this.aggId = options.aggId
    this.comId = options.comId
    this.#options = options
    this.#interval = options.firstLook
    this.#plan()
  }

  /** There is a reason to think that the outcome stands there now. */
  now (): void {
    if (this.#asking) this.#again = true
    else this.#ask()
  }

  stop (): void {
    this.#stopped = true
    this.#options.schedule.cancel(this.#ticket)
  }

  wanted (): boolean {
    return !this.#stopped
  }

  onFound (stored: StoredOutcome, last: RecordedEvent): void {
    if (!this.#stopped) this.#options.onFound(stored, last)
  }

  onUnusable (unusable: UnusableOutcome, event: RecordedEvent): void {
    this.#options.onUnusable(unusable, event)
  }

  onMissed (): void {
    this.#asking = false
    if (!this.#stopped) this.#options.onMissed()
    if (!this.#again) return
    this.#again = false
    this.#ask()
  }

  /** The next look is planned already, and asking at once again would not help a store in trouble. */
  onFailed (): void {
    this.#asking = false
    this.#again = false
  }

  #plan (): void {
    this.#ticket = this.#options.schedule.after(this.#interval, () => {
      this.#interval = Math.min(this.#interval * 2, Math.max(LONGEST_MS, this.#options.firstLook))
      this.#plan()
      if (!this.#asking) this.#ask()
    })
  }

  #ask (): void {
    if (this.#stopped) return
    this.#asking = true
    this.#options.lookUps.look(this)
  }
}
