import type { AnyAggregate } from '../definition/index.js'
import { cooled, EMPTY_LANE, step, warmed } from '../decision/index.js'
import type { Effect, Found, Parking, RunRuling, TakenCommand, Told, View } from '../decision/index.js'
import { OutcomeCode } from '../outcome/index.js'
import type { AppendAnswer, Store, StoreLog } from '../store/index.js'
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

/** Loads in a row that are made at once, one after each conflict; beyond, somebody contends hard, and waiting helps both. */
const QUICK_LOADS = 5

const OUTCOME: Settlement = { kind: 'outcome' }

type Append = Extract<Effect, { kind: 'append' }>

/**
 * One aggregate's commands, decided one after the other. All that wait are decided in one run and appended in one
 * call, and at most one append is in flight: the next run forms meanwhile.
 *
 * What is next is decided by `step` alone; here it is carried out.
 */
export class Lane {
  readonly aggId: string
  readonly #tools: LaneTools
  #queue: Waiting[] = []
  #running: Promise<void> | undefined
  #state = EMPTY_LANE

  constructor (aggId: string, tools: LaneTools) {
    this.aggId = aggId
    this.#tools = tools
  }

  get busy (): boolean {
    return this.#running !== undefined
  }

  /** Whether the aggregate's state is in memory. */
  get warm (): boolean {
    return this.#state.view !== undefined
  }

  /** Forgets the state and keeps the ids, by which a finished command is known without the state. Not while it is busy. */
  cool (): void {
    this.#state = cooled(this.#state)
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
    if (this.busy || this.warm) return
    const view = await this.#tools.streams.load(this.aggId)
    // A command may have come meanwhile and have loaded it itself, and moved it on.
    if (!this.busy && !this.warm && view !== 'tombstoned') this.#state = warmed(this.#state, view)
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
    this.#state = cooled(this.#state)
    if (!(error instanceof AbandonedError)) {
      this.#tools.log.error({ err: error, aggId: this.aggId }, 'a lane failed; its commands will be delivered again')
    }
    const left = this.#queue
    this.#queue = []
    for (const { reject } of left) reject(error instanceof Error ? error : new Error(String(error)))
  }

  /** Until the first commands that wait are finished. */
  async #decide (): Promise<void> {
    // All that came in one turn of the event loop is one run.
    await Promise.resolve()
    let told: Told = { kind: 'waiting' }
    let loads = 0
    const contention = new Patience(this.#tools.signal)
    let trouble = new Patience(this.#tools.signal)
    for (;;) {
      const { lane, effect }: ReturnType<typeof step> =
        step(this.#tools.aggregate, this.#state, told, this.#queue.map(({ command }) => command))
      this.#state = lane
      switch (effect.kind) {
        case 'load':
          if (++loads > QUICK_LOADS) await contention.wait()
          told = await this.#load(effect.from)
          break
        case 'look':
          told = await this.#look(effect.comIds)
          break
        case 'append':
          if (effect.trouble === undefined) trouble = new Patience(this.#tools.signal)
          told = { kind: 'answered', answer: await this.#append(effect, trouble) }
          break
        case 'settle': return await this.#settle(effect.rulings, effect.found)
        case 'fail': return await this.#failAll()
      }
    }
  }

  async #load (from: View | undefined): Promise<Told> {
    const view = await this.#untilAnswered(() => this.#tools.streams.load(this.aggId, from), 'could not read an aggregate')
    return view === 'tombstoned' ? { kind: 'tombstoned' } : { kind: 'loaded', view }
  }

  async #look (comIds: readonly string[]): Promise<Told> {
    const seen = await this.#untilAnswered(() => this.#tools.streams.find(this.aggId, comIds), 'could not look for a command')
    return { kind: 'looked', ...seen }
  }

  async #append ({ expected, events, trouble }: Append, patience: Patience): Promise<AppendAnswer> {
    if (trouble !== undefined) {
      this.#complain(patience, trouble, 'could not append an outcome')
      await patience.wait()
    }
    return await this.#tools.store.append(this.#tools.streams.name(this.aggId), expected, events)
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

  /** Announcements come before the acknowledgements, so that none is missing when a worker dies between them. */
  async #settle (rulings: readonly RunRuling[], found: Found): Promise<void> {
    for (const ruling of rulings) {
      if (ruling.kind !== 'decided' || ruling.defect === undefined) continue
      const { comId, defect } = ruling
      this.#tools.log.error({ err: defect, aggId: this.aggId, comId }, 'a command failed by a defect of its decide')
    }
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

  /** Once for each trouble, not for each attempt. */
  #complain (patience: Patience, error: unknown, trouble: string): void {
    if (patience.attempts === 0) this.#tools.log.warn({ err: error, aggId: this.aggId }, `${trouble}; trying again`)
  }
}
