import { jsonRecord, lastJson, record } from './journal.js'
import type { Journal } from './journal.js'
import type { GroupSettings } from './settings.js'
import type { Source } from './source.js'

const CHECKPOINT_TYPE = '$SubscriptionCheckpoint'

/** How far a group has come, as it stands in its stream: what a restart goes on from. */
export class Checkpoints {
  readonly stream: string
  #journal: Journal
  #source: Source
  #settings: GroupSettings
  #reached: () => bigint | undefined
  #now: () => number
  #last: bigint | undefined
  #lastAt: number
  #processed = 0
  #writing: Promise<void> | undefined
  #stopped = false

  /** @param reached - up to where everything is finished at this moment */
  constructor (
    id: string,
    journal: Journal,
    source: Source,
    settings: GroupSettings,
    reached: () => bigint | undefined,
    now: () => number
  ) {
    this.stream = `$persistentsubscription-${id}-checkpoint`
    this.#journal = journal
    this.#source = source
    this.#settings = settings
    this.#reached = reached
    this.#now = now
    this.#lastAt = now()
  }

  /** The last one that was written or loaded. */
  get last (): bigint | undefined {
    return this.#last
  }

  async load (): Promise<bigint | undefined> {
    const stored = await lastJson(this.#journal, this.stream)
    this.#last = typeof stored === 'string' ? this.#source.parse(stored) : undefined
    return this.#last
  }

  /** So many messages more are finished. Writes when the upper bound is reached. */
  finished (count: number): void {
    this.#processed += count
    this.#writeIfFull()
  }

  /** Writes when the lower bound is reached and the time has come. */
  tick (): void {
    const { checkpointAfter, minCheckpointCount } = this.#settings
    if (checkpointAfter <= 0 || this.#processed < Math.max(1, minCheckpointCount)) return
    if (this.#now() - this.#lastAt >= checkpointAfter) this.#write()
  }

  /** Writes no more; settles when nothing is under way. */
  async stop (): Promise<void> {
    this.#stopped = true
    await this.#writing
  }

  #writeIfFull (): void {
    if (this.#processed > 0 && this.#processed >= this.#settings.maxCheckpointCount) this.#write()
  }

  #write (): void {
    if (this.#stopped || this.#writing !== undefined) return
    const reached = this.#reached()
    if (reached === undefined || (this.#last !== undefined && reached <= this.#last)) return
    const counted = this.#processed
    this.#processed = 0
    this.#lastAt = this.#now()
    this.#writing = this.#store(reached).then(
      () => { this.#last = reached },
      // Nothing depends on a checkpoint but how much comes again after a restart; the next one covers this.
      () => { this.#processed += counted }
    ).finally(() => { this.#writing = undefined }).then(() => { this.#writeIfFull() })
  }

  async #store (reached: bigint): Promise<void> {
    await record(this.#journal, this.stream, [jsonRecord(CHECKPOINT_TYPE, this.#source.write(reached))])
  }
}
