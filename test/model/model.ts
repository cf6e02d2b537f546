import type { AppendAnswer } from '../../lib/store/contract.js'
import { Checks } from './checks.js'
import type { Request } from './checks.js'
import { product } from './core.js'
import type { Core } from './core.js'
import { OPENED } from './scenario.js'
import type { Scenario } from './scenario.js'
import { contentOf, headOf, Streams } from './store.js'
import type { Stream } from './store.js'
import { Workers } from './workers.js'
import type { Advance, Worker } from './workers.js'

/** What the whole world is in: the stream, the appends that may still come to it, and the workers. */
export interface State {
  readonly stream: Stream
  /** Appends that nobody waits for and that the store may execute. */
  readonly late: readonly Request[]
  readonly workers: readonly Worker[]
}

/** Something that happens to one worker and the stream. */
interface Move {
  readonly label: string
  readonly worker: Worker
  readonly stream: Stream
  /** An append that is given up and may still be executed. */
  readonly late: Request | undefined
}

export interface Transition {
  readonly label: string
  readonly state: State
}

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
  readonly workers: Workers
  readonly initial: State
  readonly #checks: Checks
  readonly #requests = new Map<string, Request>()
  readonly #requested = new Map<Worker, Request | undefined>()
  readonly #moves = new Map<number, readonly Move[]>()
  readonly #executed = new Map<number, Stream>()
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
    this.initial = { stream, late: [], workers: scenario.workers.map(version => this.workers.fresh(version)) }
  }

  /** Everything that can happen next; throws a Violation where one of it breaks a rule. */
  * transitions ({ stream, late, workers }: State): Generator<Transition> {
    for (const [at, worker] of workers.entries()) {
      for (const move of this.#movesOf(worker, stream)) {
        yield {
          label: `version ${worker.version}: ${move.label}`,
          state: {
            stream: move.stream,
            late: this.#still(move.late === undefined ? late : this.#with(late, move.late), move.stream),
            workers: move.worker === worker ? workers : workers.with(at, move.worker)
          }
        }
      }
    }
    for (const request of late) {
      const after = this.#execute(request, stream)
      if (after !== stream) yield { label: 'a late append is executed', state: { stream: after, late: this.#still(late, after), workers } }
    }
  }

  /**
   * One thing that happens when nothing is in the way any more: the store answers everything, and commands without an
   * outcome are delivered to a worker that can decide them. Undefined when every command has its one outcome.
   */
  calm ({ stream, late, workers }: State): State | undefined {
    const set = (at: number, worker: Worker, after = stream): State => ({ stream: after, late: this.#still(late, after), workers: workers.with(at, worker) })
    for (const [at, worker] of workers.entries()) {
      if (worker.effect?.kind === 'append') {
        const after = this.#execute(this.#request(worker)!, stream)
        return set(at, this.workers.answer(worker, this.#answer(worker, stream)).worker, after)
      }
      if (worker.effect !== undefined) return set(at, this.workers.read(worker, stream).worker)
      if (worker.held.length > 0) return set(at, this.workers.begin(worker).worker)
    }
    const open = this.scenario.copies.findIndex(({ comId }) => !stream.records.some(record => contentOf(record).startsWith(comId)))
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

  #movesOf (worker: Worker, stream: Stream): readonly Move[] {
    const key = worker.number * 2 ** 24 + stream.number
    const known = this.#moves.get(key)
    if (known !== undefined) return known
    this.#checkStream(stream)
    if (this.#looksIntoMemory) this.#checks.memory(worker, stream)
    const moves = [...this.#draw(worker, stream)]
    // What changes nothing needs no look again.
    const changing = moves.filter(move => move.worker !== worker || move.stream !== stream || move.late !== undefined)
    this.#moves.set(key, changing)
    return changing
  }

  * #draw (worker: Worker, stream: Stream): Generator<Move> {
    const request = this.#request(worker)
    const { effect, held, lane } = worker
    const to = (label: string, next: Worker, over: Partial<Move> = {}): Move => ({ label, worker: next, stream, late: undefined, ...over })
    const readable = this.scenario.oldReadings ? this.streams.prefixes(stream) : [stream]

    for (const [copy, { type }] of this.scenario.copies.entries()) {
      if (held.some(other => other.copy === copy)) continue
      for (const deliveries of this.scenario.deliveries) {
        yield to(`command ${copy} (${type}) is delivered for the ${deliveries}. time`, this.workers.take(worker, { copy, deliveries }))
      }
    }
    if (effect === undefined && held.length > 0) yield to('begins', this.#settle(this.workers.begin(worker), stream))
    if (effect?.kind === 'load' || effect?.kind === 'look') {
      for (const shown of readable) {
        yield to(`${effect.kind}s, up to ${headOf(shown)}`, this.#settle(this.workers.read(worker, shown), stream))
      }
    }
    if (request !== undefined) {
      const after = this.#execute(request, stream)
      yield to('its append is answered', this.#settle(this.workers.answer(worker, this.#answer(worker, stream)), after), { stream: after })
      if (after !== stream) yield to('its append is executed, and the answer lost', worker, { stream: after })
      for (const kind of ['unknown', 'unavailable'] as const) {
        const next = this.#settle(this.workers.answer(worker, { kind, error: LOST }), stream)
        const given = kind === 'unknown' && this.#request(next) !== request
        yield to(`its append is ${kind}`, next, { late: given ? request : undefined })
      }
    }
    for (const version of this.scenario.redeploys ? this.scenario.versions.keys() : [worker.version]) {
      yield to(`is killed, and starts as version ${version}`, this.workers.fresh(version), { late: request })
    }
    if (this.scenario.evictions && effect === undefined && held.length === 0) {
      if (lane.view !== undefined) yield to('forgets the state', this.workers.cool(worker))
      else for (const shown of readable) yield to(`warms up, up to ${headOf(shown)}`, this.workers.warmUp(worker, shown))
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
    const key = request.number * 2 ** 24 + stream.number
    const known = this.#executed.get(key)
    if (known !== undefined) return known
    const after = this.streams.append(stream, request.expected, request.events).stream
    if (after !== stream) {
      this.#checks.written(request, stream)
      this.#checkStream(after)
    }
    this.#executed.set(key, after)
    return after
  }

  #checkStream (stream: Stream): void {
    if (this.#sound.has(stream.number)) return
    this.#checks.stream(stream)
    this.#sound.add(stream.number)
  }

  /** Those that can still write: none that was sent at a revision below the last one. */
  #still (late: readonly Request[], stream: Stream): readonly Request[] {
    const still = late.filter(request => this.#execute(request, stream) !== stream)
    return still.length === late.length ? late : still
  }

  #with (late: readonly Request[], request: Request): readonly Request[] {
    if (late.includes(request) || late.length >= this.scenario.late) return late
    return [...late, request].sort((a, b) => a.number - b.number)
  }
}
