import type { UnusableOutcome } from '../outcome/index.js'
import type { RecordedEvent, StoreLog } from '../store/index.js'

/** Commands of which it is remembered that they were told of. */
const MANY = 10_000

/**
 * Tells operators of events that stand where outcomes stand and cannot be used as such: whoever sent their commands hears no more than that
 * they are open, and the workers take them for decided.
 */
export class UnusableOutcomes {
  readonly #aggregate: string
  readonly #log: StoreLog
  readonly #told = new Set<string>()
  #count = 0

  /** @param aggregate code name of the aggregate type */
  constructor (aggregate: string, log: StoreLog) {
    this.#aggregate = aggregate
    this.#log = log
  }

  /** What is wrong, for operators. */
  get warnings (): readonly string[] {
    return this.#count === 0 ? [] : [`${this.#count} commands of ${this.#aggregate} have outcome events that cannot be used: see the log`]
  }

  /** Each command is told of once, however often its event is met. */
  report ({ comId, reason }: UnusableOutcome, { stream, revision }: Pick<RecordedEvent, 'stream' | 'revision'>): void {
    if (this.#told.has(comId)) return
    this.#told.add(comId)
    if (this.#told.size > MANY) this.#told.delete(this.#told.values().next().value!)
    this.#count++
    this.#log.error({ comId, stream, revision: String(revision), reason },
      `An outcome event cannot be used (${reason}): the command stays open for who asks. Find out who wrote it`)
  }
}
