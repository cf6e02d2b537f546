import type { AnyAggregate } from '../definition/index.js'
import { afterAppend, planRun, RUN_LIMITS } from '../decision/index.js'
import type { CommandIds, Next, Parking, Run, RunRuling, TakenCommand, View } from '../decision/index.js'
import { OutcomeCode } from '../outcome/index.js'
import type { RecordedEvent, Store, StoreLog } from '../store/index.js'
import type { AggregateStreams } from './aggregate-stream.js'
import type { Announcer } from './announcer.js'
import { AbandonedError, Patience } from './patience.js'

/** What became of a command at this worker: its outcome stands in the store, or it waits for another version. */
export type Settlement =
  | { readonly kind: 'outcome' }
  | { readonly kind: 'parked', readonly parking: Parking }

/** What every lane of one type works with. */
export interface LaneTools {
  readonly aggregate: AnyAggregate
  readonly store: Store
  readonly streams: AggregateStreams
  readonly announcer: Announcer
  readonly log: StoreLog
  /** Ends all waiting when the worker closes. */
  readonly signal: AbortSignal
}

interface Waiting {
  readonly command: TakenCommand
  readonly resolve: (settlement: Settlement) => void
  readonly reject: (error: Error) => void
}

/** What a look into the stream has told of single commands. */
type Found = Map<string, RecordedEvent | undefined>

/** Conflicts in a row that are answered at once; beyond, somebody contends hard, and waiting helps both. */
const QUICK_RECOVERIES = 4

const OUTCOME: Settlement = { kind: 'outcome' }

/**
 * One aggregate's commands, decided one after the other. All that wait are decided in one run and appended in one
 * call, and at most one append is in flight: the next run forms meanwhile.
 */
export class Lane {
  readonly aggId: string
  readonly #tools: LaneTools
  #queue: Waiting[] = []
  #running: Promise<void> | undefined
  #view: View | undefined
  #ids: CommandIds | undefined
  #limits = RUN_LIMITS

  constructor (aggId: string, tools: LaneTools) {
    this.aggId = aggId
    this.#tools = tools
  }

  get busy (): boolean {
    return this.#running !== undefined
  }

  /** Whether the aggregate's state is in memory. */
  get warm (): boolean {
    return this.#view !== undefined
  }

  /** Forgets the state and keeps the ids, by which a finished command is known without the state. */
  cool (): void {
    this.#view = undefined
  }

  /** Resolves when the outcome stands in the store; rejects with {@link AbandonedError} when the worker closes before. */
  handle (command: TakenCommand): Promise<Settlement> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ command, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when the state is in memory. */
  async warmUp (): Promise<void> {
    if (this.#running !== undefined || this.#view !== undefined) return
    const view = await this.#tools.streams.load(this.aggId)
    // A command may have come meanwhile and have loaded it itself.
    if (!this.busy && view !== 'tombstoned') this.#keep(view)
  }

  /** Resolves when nothing is held any more. */
  async idle (): Promise<void> {
    await this.#running
  }

  async #run (): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#decide()
    } catch (error) {
      this.#abandon(error)
    }
    this.#running = undefined
  }

  /** Whatever the fault, nothing unconfirmed stays in memory and no command is acknowledged. */
  #abandon (error: unknown): void {
    this.#view = undefined
    if (!(error instanceof AbandonedError)) {
      this.#tools.log.error({ err: error, aggId: this.aggId }, 'a lane failed; its commands will be delivered again')
    }
    const left = this.#queue
    this.#queue = []
    for (const { reject } of left) reject(error instanceof Error ? error : new Error(String(error)))
  }

  async #decide (): Promise<void> {
    // All that came in one turn of the event loop is one run.
    await Promise.resolve()
    const found: Found = new Map()
    if (this.#view === undefined && await this.#settleKnown(found)) return
    const patience = new Patience(this.#tools.signal)
    for (let recoveries = 0; ; recoveries++) {
      if (recoveries > QUICK_RECOVERIES) await patience.wait()
      if (this.#view === undefined) forgetAbsent(found)
      const view = this.#view ?? await this.#load()
      if (view === 'tombstoned') return this.#failAll()
      const verified = new Map([...found].map(([comId, record]) => [comId, record !== undefined]))
      const plan = planRun(this.#tools.aggregate, view, this.#queue.map(({ command }) => command), verified, this.#limits)
      if (plan.kind === 'look') {
        await this.#look(plan.comIds, found)
        recoveries--
        continue
      }
      const next = plan.events.length === 0 ? undefined : await this.#append(plan)
      if (next === undefined || next.kind === 'done') return this.#settle(plan, found, next?.view)
      forgetAbsent(found)
      await this.#recover(next)
    }
  }

  /** Where only the ids are in memory, a finished command needs no state: true when all that wait are finished. */
  async #settleKnown (found: Found): Promise<boolean> {
    const ids = this.#ids
    const waiting = this.#queue.map(({ command }) => command.comId)
    if (ids === undefined || !waiting.every(comId => ids.has(comId))) return false
    await this.#look(waiting, found)
    if (!waiting.every(comId => found.get(comId) !== undefined)) return false
    const rulings = waiting.map((comId): RunRuling => ({ kind: 'stands', comId }))
    await this.#announceAndResolve(rulings, found)
    return true
  }

  async #load (from?: View): Promise<View | 'tombstoned'> {
    const view = await this.#untilAnswered(() => this.#tools.streams.load(this.aggId, from), 'could not read an aggregate')
    if (view !== 'tombstoned') this.#keep(view)
    return view
  }

  async #look (comIds: Iterable<string>, found: Found): Promise<void> {
    const seen = await this.#untilAnswered(() => this.#tools.streams.find(this.aggId, comIds), 'could not look for a command')
    for (const [comId, record] of seen) found.set(comId, record)
  }

  async #untilAnswered<T> (ask: () => Promise<T>, trouble: string): Promise<T> {
    const patience = new Patience(this.#tools.signal)
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        this.#complain(patience, error, trouble)
        await patience.wait()
      }
    }
  }

  /** Appends until the store has answered: an append of unknown fate is neither a success nor a failure. */
  async #append (run: Run): Promise<Exclude<Next, { kind: 'repeat' }>> {
    const patience = new Patience(this.#tools.signal)
    for (;;) {
      const answer = await this.#tools.store.append(this.#tools.streams.name(this.aggId), run.view.revision, run.events)
      const next = afterAppend(run, answer)
      if (next.kind !== 'repeat') return next
      this.#complain(patience, next.error, 'could not append an outcome')
      await patience.wait()
    }
  }

  async #recover (next: Exclude<Next, { kind: 'repeat' | 'done' }>): Promise<void> {
    if (next.kind === 'too_large') {
      this.#limits = next.limits
    } else if (next.kind === 'reload' && next.from === 'tail') {
      await this.#load(this.#view)
    } else {
      this.#view = undefined
    }
  }

  async #settle (run: Run, found: Readonly<Found>, view: View | undefined): Promise<void> {
    if (view !== undefined) this.#keep(view)
    this.#limits = RUN_LIMITS
    for (const ruling of run.rulings) {
      if (ruling.kind !== 'decided' || ruling.defect === undefined) continue
      const { comId, defect } = ruling
      this.#tools.log.error({ err: defect, aggId: this.aggId, comId }, 'a command failed by a defect of its decide')
    }
    await this.#announceAndResolve(run.rulings, found)
  }

  async #announceAndResolve (
    rulings: readonly RunRuling[], found: Readonly<Found>
  ): Promise<void> {
    await this.#tools.announcer.announce(this.aggId, rulings, found)
    const settled = this.#queue.splice(0, rulings.length)
    for (const [index, ruling] of rulings.entries()) {
      settled[index]!.resolve(ruling.kind === 'parked' ? { kind: 'parked', parking: ruling.parking } : OUTCOME)
    }
  }

  async #failAll (): Promise<void> {
    const count = this.#queue.length
    await this.#tools.announcer.fail(
      this.#queue.map(({ command: { aggId, comId, type } }) => ({ aggId, comId, command: type })),
      { status: 'failed', code: OutcomeCode.tombstoned, message: 'The stream of the aggregate was deleted for ever.' })
    for (const { resolve } of this.#queue.splice(0, count)) resolve(OUTCOME)
  }

  #keep (view: View): void {
    this.#view = view
    this.#ids = view.ids
  }

  /** Once for each trouble, not for each attempt. */
  #complain (patience: Patience, error: unknown, trouble: string): void {
    if (patience.attempts === 0) this.#tools.log.warn({ err: error, aggId: this.aggId }, `${trouble}; trying again`)
  }
}

/** Not to have been found is true only of a view that is older than the look. */
function forgetAbsent (found: Found): void {
  for (const [comId, record] of found) if (record === undefined) found.delete(comId)
}
