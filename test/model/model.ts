import type { AppendAnswer } from '../../lib/store/contract.js'
import { Checks } from './checks.js'
import type { Request } from './checks.js'
import { product } from './core.js'
import type { Core } from './core.js'
import { Memo } from './memo.js'
import { OPENED } from './scenario.js'
import type { Scenario } from './scenario.js'
import { contentOf, headOf, Streams } from './store.js'
import type { Stream } from './store.js'
import { Stores } from './stores.js'
import type { Store } from './stores.js'
import { Workers } from './workers.js'
import type { Advance, Worker } from './workers.js'

/** What the whole world is in. */
export interface State {
  readonly store: Store
  readonly workers: readonly Worker[]
}

/** What kind of thing happens: samples are drawn by it. */
export type Kind =
  | 'a command is delivered'
  | 'the worker goes on'
  | 'an answer is lost'
  | 'the worker is killed'
  | 'the memory changes'

/** Something that can happen to one worker and the stream. */
export interface Move {
  readonly kind: Kind
  readonly label: string
  readonly happen: () => Outcome
}

interface Outcome {
  readonly worker: Worker
  readonly stream: Stream
  /** An append that is given up and may still be executed. */
  readonly late: Request | undefined
}

/** What becomes of one worker and the store; of other workers it leaves everything as it is. */
export interface Step {
  readonly worker: Worker
  readonly store: Store
}

export const ARRIVAL = 'a late append is executed'

const LOST = new Error('the answer never came')
const TOO_LARGE: AppendAnswer = { kind: 'rejected', reason: 'too_large', error: new Error('too large') }

/**
 * All that can happen to two or more workers and one aggregate. A dead worker is one that does nothing: it restarts when it
 * restarts. An append without an answer is repeated, by the product; that the store executes it now, later, or never is a
 * choice of its own. A store that executes one append several times is no more than one that does it once, since at an exact
 * revision only one execution can write.
 */
export class Model {
  readonly scenario: Scenario
  readonly streams = new Streams()
  readonly stores = new Stores()
  readonly workers: Workers
  readonly initial: State
  readonly #checks: Checks
  readonly #requests = new Map<string, Request>()
  readonly #requested = new Map<Worker, Request | undefined>()
  readonly #outcomes = new Memo<number, readonly (Outcome & { readonly label: string })[]>()
  readonly #steps = new Memo<number, readonly (Step & { readonly label: string })[]>()
  readonly #calmed = new Memo<number, Step>()
  readonly #arrivals: (readonly Store[])[] = []
  readonly #executed = new Memo<number, Stream>()
  /** By number of the stream, the first of the copies that has no outcome there, or -1. */
  readonly #open: number[] = []
  /** Streams by number that have passed their check. */
  readonly #sound = new Set<number>()

  readonly #looksIntoMemory: boolean

  /** @param looksIntoMemory false to see what becomes of a wrong memory */
  constructor (scenario: Scenario, core: Core = product, looksIntoMemory = true) {
    this.#looksIntoMemory = looksIntoMemory
    this.scenario = scenario
    this.workers = new Workers(scenario, core)
    this.#checks = new Checks(scenario, this.workers)
    const { empty } = this.streams
    const stream = scenario.exists ? this.streams.append(empty, 'no_stream', OPENED).stream : empty
    this.initial = { store: this.stores.of(stream, []), workers: scenario.workers.map(version => this.workers.fresh(version)) }
  }

  /** All that can happen to this worker next; throws a Violation where its memory breaks a rule. */
  moves (worker: Worker, stream: Stream): Move[] {
    this.#checkStream(stream)
    if (this.#looksIntoMemory) this.#checks.memory(worker, stream)
    return [...this.#draw(worker, stream)]
  }

  /** Throws a Violation where the move breaks a rule. */
  take (move: Move, store: Store): Step {
    return this.#step(move.happen(), store)
  }

  /** All of what may become of this worker by one move; throws a Violation where one of the moves breaks a rule. */
  steps (worker: Worker, store: Store): readonly (Step & { readonly label: string })[] {
    return this.#steps.once(worker.number, store.number, () =>
      this.#outcomesOf(worker, store.stream).map(outcome => ({ label: outcome.label, ...this.#step(outcome, store) })))
  }

  /** What the store may become by an append that nobody waits for. */
  arrivals (store: Store): readonly Store[] {
    const { number, stream, late } = store
    this.#arrivals[number] ??= late.map(request => this.#execute(request, stream))
      .filter(after => after !== stream)
      .map(after => this.#after(after, late))
    return this.#arrivals[number]
  }

  /**
   * One thing that happens when nothing is in the way any more: the store answers everything, and commands without an
   * outcome are delivered to a worker that can decide them. Undefined when every command has its one outcome.
   */
  calm ({ store, workers }: State): State | undefined {
    const set = (at: number, worker: Worker, after = store): State => ({ store: after, workers: workers.with(at, worker) })
    for (let at = 0; at < workers.length; at++) {
      const worker = workers[at]!
      if (worker.effect === undefined && worker.held.length === 0) continue
      const next = this.#calmed.once(worker.number, store.number, () => this.#calm(worker, store))
      return set(at, next.worker, next.store)
    }
    const { stream } = store
    const open = this.#open[stream.number] ??=
      this.scenario.copies.findIndex(({ comId }) => !stream.records.some(record => contentOf(record).startsWith(comId)))
    if (open === -1) {
      this.#checks.quiet(stream)
      return undefined
    }
    const newest = this.scenario.versions.length - 1
    const at = workers.findIndex(({ version }) => version === newest)
    return at === -1
      ? set(0, this.workers.fresh(newest))
      : set(at, this.workers.take(workers[at]!, { copy: open, deliveries: 1 }))
  }

  #calm (worker: Worker, store: Store): Step {
    const { stream, late } = store
    if (worker.effect === undefined) return { worker: this.#settle(this.workers.begin(worker), stream), store }
    if (worker.effect.kind !== 'append') return { worker: this.#settle(this.workers.read(worker, stream), stream), store }
    const after = this.#execute(this.#request(worker)!, stream)
    return { worker: this.#settle(this.workers.answer(worker, this.#answer(worker, stream)), after), store: this.#after(after, late) }
  }

  #outcomesOf (worker: Worker, stream: Stream): readonly (Outcome & { readonly label: string })[] {
    return this.#outcomes.once(worker.number, stream.number, () =>
      this.moves(worker, stream)
        .map(({ label, happen }) => ({ label, ...happen() }))
        // What changes nothing needs no look again.
        .filter(outcome => outcome.worker !== worker || outcome.stream !== stream || outcome.late !== undefined))
  }

  #step ({ worker, stream, late }: Outcome, store: Store): Step {
    return { worker, store: this.#after(stream, late === undefined ? store.late : this.#with(store.late, late)) }
  }

  * #draw (worker: Worker, stream: Stream): Generator<Move> {
    const request = this.#request(worker)
    const { effect, held, lane } = worker
    const to = (kind: Kind, label: string, next: () => Worker, over: () => Partial<Outcome> = () => ({})): Move =>
      ({ kind, label: `version ${worker.version}: ${label}`, happen: () => ({ worker: next(), stream, late: undefined, ...over() }) })
    const readable = this.scenario.oldReadings ? this.streams.prefixes(stream) : [stream]

    for (const [copy, { type }] of this.scenario.copies.entries()) {
      if (held.some(other => other.copy === copy)) continue
      for (const deliveries of this.scenario.deliveries) {
        yield to('a command is delivered', `command ${copy} (${type}) is delivered for the ${deliveries}. time`, () => this.workers.take(worker, { copy, deliveries }))
      }
    }
    if (effect === undefined && held.length > 0) {
      yield to('the worker goes on', 'begins', () => this.#settle(this.workers.begin(worker), stream))
    }
    if (effect?.kind === 'load' || effect?.kind === 'look') {
      for (const shown of readable) {
        yield to('the worker goes on', `${effect.kind}s, up to ${headOf(shown)}`, () => this.#settle(this.workers.read(worker, shown), stream))
      }
    }
    if (request !== undefined) {
      const executed = (): Stream => this.#execute(request, stream)
      yield to('the worker goes on', 'its append is answered',
        () => this.#settle(this.workers.answer(worker, this.#answer(worker, stream)), executed()), () => ({ stream: executed() }))
      yield to('an answer is lost', 'its append is executed, and the answer lost', () => worker, () => ({ stream: executed() }))
      for (const kind of ['unknown', 'unavailable'] as const) {
        const next = (): Worker => this.#settle(this.workers.answer(worker, { kind, error: LOST }), stream)
        const given = (): boolean => kind === 'unknown' && this.#request(next()) !== request
        yield to('an answer is lost', `its append is ${kind}`, next, () => ({ late: given() ? request : undefined }))
      }
    }
    for (const version of this.scenario.redeploys ? this.scenario.versions.keys() : [worker.version]) {
      yield to('the worker is killed', `is killed, and starts as version ${version}`, () => this.workers.fresh(version), () => ({ late: request }))
    }
    if (this.scenario.evictions && effect === undefined && held.length === 0) {
      if (lane.view !== undefined) yield to('the memory changes', 'forgets the state', () => this.workers.cool(worker))
      else for (const shown of readable) yield to('the memory changes', `warms up, up to ${headOf(shown)}`, () => this.workers.warmUp(worker, shown))
    }
  }

  #settle ({ worker, settled }: Advance, stream: Stream): Worker {
    for (const each of settled) this.#checks.settled(each, stream)
    return worker
  }

  /** What a worker waits to be appended. */
  #request (worker: Worker): Request | undefined {
    if (!this.#requested.has(worker)) this.#requested.set(worker, this.#requestOf(worker))
    return this.#requested.get(worker)
  }

  #requestOf ({ version, lane, held, effect }: Worker): Request | undefined {
    if (effect?.kind !== 'append') return undefined
    const { expected, events } = effect
    const decided = lane.run!.rulings.flatMap(({ kind }, index) => kind === 'decided' ? [held[index]!] : [])
    const key = [version, expected, events.map(contentOf).join(), decided.map(({ copy, deliveries }) => `${copy}x${deliveries}`)].join('|')
    const known = this.#requests.get(key)
    if (known !== undefined) return known
    const request = { number: this.#requests.size, version, expected, events, decided }
    this.#requests.set(key, request)
    return request
  }

  #answer (worker: Worker, stream: Stream): AppendAnswer {
    const { expected, events } = this.#request(worker)!
    return events.length > this.scenario.most ? TOO_LARGE : this.streams.append(stream, expected, events).answer
  }

  /** The stream after an append has reached it. */
  #execute (request: Request, stream: Stream): Stream {
    if (request.events.length > this.scenario.most) return stream
    if (request.expected !== 'any' && request.expected !== headOf(stream)) return stream
    return this.#executed.once(request.number, stream.number, () => {
      const after = this.streams.append(stream, request.expected, request.events).stream
      if (after !== stream) {
        this.#checks.written(request, stream)
        this.#checkStream(after)
      }
      return after
    })
  }

  #checkStream (stream: Stream): void {
    if (this.#sound.has(stream.number)) return
    this.#checks.stream(stream)
    this.#sound.add(stream.number)
  }

  /** With those that can still write: none that was sent at a revision below the last one. */
  #after (stream: Stream, late: readonly Request[]): Store {
    return this.stores.of(stream, late.filter(request => this.#execute(request, stream) !== stream))
  }

  #with (late: readonly Request[], request: Request): readonly Request[] {
    if (late.includes(request) || late.length >= this.scenario.late) return late
    return [...late, request].sort((a, b) => a.number - b.number)
  }
}
