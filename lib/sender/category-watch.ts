import { setTimeout as wait } from 'node:timers/promises'
import type { CategoryProjection, StoreLog } from '../store/index.js'

/** How often to ask again while the projection does not run, or while nobody says whether it does. Milliseconds. */
const AGAIN = 15_000

// Not --start-standard-projections: that starts the other four too, which cost half of what the server can take.
const TO_MEND = 'run the server with --run-projections=System, and enable $by_category once, in its admin pages (Projections, $by_category, Start) or ' +
  'by `POST /projection/%24by_category/command/enable`'

/**
 * Looks whether the projection runs that brings senders their outcomes, and says how to mend it. Without it every outcome has to
 * be looked for, a second after its command.
 */
export class CategoryWatch {
  readonly #ask: () => Promise<CategoryProjection>
  readonly #log: StoreLog
  readonly #again: number
  readonly #stopped = new AbortController()
  #standing: CategoryProjection = 'unknown'

  constructor (ask: () => Promise<CategoryProjection>, log: StoreLog, again = AGAIN) {
    this.#ask = ask
    this.#log = log
    this.#again = again
  }

  /** What is wrong, for operators. */
  get warnings (): readonly string[] {
    return isDown(this.#standing) ? [`the projection $by_category is ${this.#standing}: outcomes come late`] : []
  }

  start (): void {
    this.#watch().catch((err: Error) => this.#log.error({ err }, 'The projection $by_category cannot be watched'))
  }

  stop (): void {
    this.#stopped.abort()
  }

  async #watch (): Promise<void> {
    const { signal } = this.#stopped
    while (!signal.aborted) {
      const before = this.#standing
      const standing = await this.#ask()
      if (signal.aborted) return
      this.#standing = standing
      if (isDown(this.#standing) && !isDown(before)) {
        this.#log.error({ projection: '$by_category', standing: this.#standing },
          `The projection $by_category is ${this.#standing}, so outcomes come late: ${TO_MEND}`)
      }
      if (this.#standing === 'running') {
        if (isDown(before)) this.#log.info({ projection: '$by_category' }, 'The projection $by_category runs')
        return
      }
      await wait(this.#again, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}

function isDown (standing: CategoryProjection): boolean {
  return standing === 'stopped' || standing === 'missing'
}
