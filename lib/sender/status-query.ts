import { ClosingError, OverloadedError, StoreUnavailableError } from '../errors.js'
import type { StoredOutcome } from '../outcome/index.js'
import type { CommandStream, StoredCommandKey } from './command-stream.js'
import type { LookUp } from './look-up.js'
import type { LookUps } from './look-ups.js'
import type { Schedule } from './schedule.js'
import type { UnusableOutcomes } from './unusable-outcomes.js'

/** Questions that are put to the store at once. */
const MOST = 64

interface Question {
  readonly fail: (error: Error) => void
  ended: boolean
}

/** Answers the question what became of a command, for whoever did not wait for its outcome. */
export class StatusQuery {
  readonly #lookUps: LookUps
  readonly #commandStream: CommandStream
  readonly #schedule: Schedule
  readonly #unusable: UnusableOutcomes
  readonly #deadline: number
  readonly #questions = new Set<Question>()

  constructor (
    lookUps: LookUps, commandStream: CommandStream, schedule: Schedule, unusable: UnusableOutcomes, { deadline }: { readonly deadline: number }
  ) {
    this.#lookUps = lookUps
    this.#commandStream = commandStream
    this.#schedule = schedule
    this.#unusable = unusable
    this.#deadline = deadline
  }

  /**
   * The outcome, `open` where the command is known to be under way, undefined where nothing is known of it.
   * @param openHere whether callers of this node wait for it, or were told lately that it is open
   */
  ask (key: StoredCommandKey, openHere: () => boolean): Promise<StoredOutcome | 'open' | undefined> {
    if (this.#questions.size >= MOST) return Promise.reject(new OverloadedError())
    return new Promise((resolve, reject) => {
      const question: Question = { fail: reject, ended: false }
      const ticket = this.#schedule.after(this.#deadline * 1000, () => {
        // Its place is free again, and nothing more is read for it.
        question.ended = true
        this.#questions.delete(question)
        reject(new StoreUnavailableError())
      })
      this.#questions.add(question)
      this.#answer(question, key, openHere).then(resolve, reject).finally(() => {
        question.ended = true
        this.#questions.delete(question)
        this.#schedule.cancel(ticket)
      })
    })
  }

  close (): void {
    for (const question of this.#questions) {
      question.ended = true
      question.fail(new ClosingError())
    }
    this.#questions.clear()
  }

  async #answer (question: Question, key: StoredCommandKey, openHere: () => boolean): Promise<StoredOutcome | 'open' | undefined> {
    // Before the outcomes are looked at: what the workers finish meanwhile would be in neither place.
    const progress = await this.#commandStream.progress()
    const search = { searched: {}, unusable: false }
    const wanted = (): boolean => !question.ended
    const stored = await this.#lookUp(wanted, key, search)
    if (stored !== undefined) return stored
    if (search.unusable || openHere()) return 'open'
    const stands = await this.#commandStream.isParked(key, wanted) || await this.#commandStream.isUndecided(progress, key, wanted)
    if (stands) return 'open'
    // What was parked, and was decided since the first look, is no longer among the parked ones.
    return await this.#lookUp(wanted, key, search) ?? (search.unusable ? 'open' : undefined)
  }

  #lookUp (
    wanted: () => boolean, { aggId, comId, type }: StoredCommandKey, search: Pick<LookUp, 'searched'> & { unusable: boolean }
  ): Promise<StoredOutcome | undefined> {
    return new Promise((resolve, reject) => {
      this.#lookUps.look({
        aggId,
        comId,
        searched: search.searched,
        wanted,
        onFound: resolve,
        onUnusable: (unusable, event) => {
          this.#unusable.report(unusable, event)
          if (unusable.command === undefined || unusable.command === type) search.unusable = true
        },
        onMissed: () => resolve(undefined),
        onFailed: reject
      })
    })
  }
}
