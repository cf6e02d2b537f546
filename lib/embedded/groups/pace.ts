/** So long a consumer that has plenty to do may wait for more, in milliseconds. */
const GATHERING_MS = 1

/**
 * When a group gives out: at the end of the turn; or a moment later, so that what is free by then goes out together, as long as that keeps
 * nobody waiting. A packet costs more than an event does.
 */
export class Pace {
  readonly #isAllBusy: () => boolean
  readonly #giveOut: () => void
  #atOnce: NodeJS.Immediate | undefined
  #later: NodeJS.Timeout | undefined

  /** @param isAllBusy whether everybody who could be given something has plenty to do */
  constructor (isAllBusy: () => boolean, giveOut: () => void) {
    this.#isAllBusy = isAllBusy
    this.#giveOut = giveOut
  }

  /** Something may be given out. */
  ask (): void {
    if (this.#atOnce !== undefined) return
    if (this.#isAllBusy()) this.#later ??= setTimeout(this.#due, GATHERING_MS)
    else this.#atOnce = setImmediate(this.#due)
  }

  stop (): void {
    clearImmediate(this.#atOnce)
    clearTimeout(this.#later)
    this.#atOnce = undefined
    this.#later = undefined
  }

  readonly #due = (): void => {
    this.stop()
    this.#giveOut()
  }
}
