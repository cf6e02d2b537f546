const trueNow = Date.now
let wrong = 0

/** From now on every clock of this process, but the monotone one, is wrong by so many milliseconds. */
export function stepClock (by: number): void {
  wrong = by
}

/** A Date that goes by the stepped clock. */
class SteppedDate extends Date {
  constructor (...given: unknown[]) {
    if (given.length === 0) super(trueNow() + wrong)
    else super(...given as [number])
  }

  static override now (): number {
    return trueNow() + wrong
  }
}

/** To be called before anything else is loaded that might keep hold of the clock. */
export function installClock (): void {
  globalThis.Date = SteppedDate as DateConstructor
}
