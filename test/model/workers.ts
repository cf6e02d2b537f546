import { CommandIds } from '../../lib/decision/index.js'
import type { Effect, LaneState, RunRuling, TakenCommand, Told, View } from '../../lib/decision/index.js'
import type { AppendAnswer } from '../../lib/store/contract.js'
import type { Core } from './core.js'
import { Memo } from './memo.js'
import { OPENED, taken } from './scenario.js'
import type { Scenario } from './scenario.js'
import { contentOf } from './store.js'
import type { Stream } from './store.js'

/** A command in a worker's hands. */
export interface Held {
  /** Which of the scenario's copies. */
  readonly copy: number
  readonly deliveries: number
}

/** A worker between two answers of the store. Equal ones are one object. */
export interface Worker {
  readonly number: number
  readonly version: number
  readonly lane: LaneState
  readonly held: readonly Held[]
  /** What it waits for; undefined where it has nothing to do, or is about to begin. */
  readonly effect: Effect | undefined
}

/** Commands that a worker is done with: those with an outcome are acknowledged and answered. */
export interface Settled {
  readonly worker: Worker
  readonly rulings: readonly RunRuling[]
  readonly held: readonly Held[]
}

export interface Advance {
  readonly worker: Worker
  readonly settled: readonly Settled[]
}

/**
 * The workers that there can be. What a worker does between two answers is the product's own step; what is repeated here of
 * its lane is how a step's effect leads to the next one, how commands are queued and leave the queue, and how a stream is read.
 */
export class Workers {
  readonly all: Worker[] = []
  readonly #scenario: Scenario
  readonly #core: Core
  readonly #comIds: readonly string[]
  readonly #told = new WeakMap<CommandIds, { readonly size: number, readonly comIds: readonly string[] }>()
  readonly #taken = new Memo<number, TakenCommand>()
  readonly #known = new Map<string, Worker>()
  /** Equal workers that are told the same do the same. */
  readonly #advances = new Memo<string, Advance>()

  constructor (scenario: Scenario, core: Core) {
    this.#scenario = scenario
    this.#core = core
    this.#comIds = [...new Set([...scenario.copies.map(({ comId }) => comId), ...OPENED.map(core.commandOf)])]
  }

  /** A process that has just started. */
  fresh (version: number): Worker {
    return this.#worker({ version, lane: this.#core.emptyLane, held: [], effect: undefined })
  }

  take (worker: Worker, held: Held): Worker {
    return this.#worker({ ...worker, held: [...worker.held, held] })
  }

  begin (worker: Worker): Advance {
    return this.#advances.once(worker.number, 'begin', () => this.#advance(worker, { kind: 'waiting' }))
  }

  answer (worker: Worker, answer: AppendAnswer): Advance {
    const key = answer.kind === 'written' ? `written ${answer.revision}` : answer.kind === 'conflict' ? `conflict ${answer.current}` : answer.kind
    return this.#advances.once(worker.number, key, () => this.#advance(worker, { kind: 'answered', answer }))
  }

  /** The reading that the worker waits for shows this. */
  read (worker: Worker, shown: Stream): Advance {
    return this.#advances.once(worker.number, `read ${shown.number}`, () => this.#read(worker, shown))
  }

  #read (worker: Worker, shown: Stream): Advance {
    const { effect } = worker
    if (effect?.kind === 'load') return this.#advance(worker, { kind: 'loaded', view: this.#load(worker.version, effect.from, shown) })
    if (effect?.kind !== 'look') throw new Error('no reading is under way')
    const found = new Map(effect.comIds.map(comId => [comId, shown.records.findLast(record => this.#core.commandOf(record) === comId)]))
    return this.#advance(worker, { kind: 'looked', found, head: shown.records.at(-1)?.revision ?? 'no_stream' })
  }

  /** A reading without a command, as at a start. */
  warmUp (worker: Worker, shown: Stream): Worker {
    return this.#advances.once(worker.number, `warm ${shown.number}`, () => ({
      worker: this.#worker({ ...worker, lane: this.#core.warmed(this.#thaw(worker.lane), this.#load(worker.version, undefined, shown)) }),
      settled: []
    })).worker
  }

  cool (worker: Worker): Worker {
    return this.#worker({ ...worker, lane: this.#core.cooled(worker.lane) })
  }

  /** What the ids of a view tell of each command of the scenario. A set only grows: while its size is the same, so is all of it. */
  known (ids: CommandIds): readonly string[] {
    const last = this.#told.get(ids)
    if (last?.size === ids.size) return last.comIds
    const comIds = this.#comIds.filter(comId => ids.has(comId))
    this.#told.set(ids, { size: ids.size, comIds })
    return comIds
  }

  /** All commands of the scenario that a set of ids cannot tell from this one, itself among them. */
  alike (comId: string): readonly string[] {
    const ids = new CommandIds()
    ids.add(comId)
    return this.known(ids)
  }

  #advance (before: Worker, first: Told): Advance {
    const { aggregate } = this.#scenario.versions[before.version]!
    let lane = this.#thaw(before.lane)
    let held = before.held
    let told = first
    const settled: Settled[] = []
    for (;;) {
      const step = this.#core.step(aggregate, lane, told, held.map(each => this.#takenOf(each)))
      lane = step.lane
      const { effect } = step
      if (effect.kind === 'fail') throw new Error('no stream is ever deleted here')
      if (effect.kind !== 'settle') return { worker: this.#worker({ version: before.version, lane, held, effect }), settled }
      const { rulings } = effect
      settled.push({ worker: before, rulings, held: held.slice(0, rulings.length) })
      held = held.slice(rulings.length)
      if (held.length === 0) return { worker: this.#worker({ version: before.version, lane, held, effect: undefined }), settled }
      told = { kind: 'waiting' }
    }
  }

  #takenOf ({ copy, deliveries }: Held): TakenCommand {
    return this.#taken.once(copy, deliveries, () => taken(this.#scenario.copies[copy]!, deliveries))
  }

  /** As a lane loads: forwards from behind the view to the end that the answer tells. */
  #load (version: number, from: View | undefined, shown: Stream): View {
    const { aggregate } = this.#scenario.versions[version]!
    const { emptyView, replay, movedTo } = this.#core
    const view = from === undefined ? emptyView(aggregate) : this.#thawView(from)
    const head = shown.records.at(-1)?.revision
    if (head === undefined) return emptyView(aggregate)
    const records = shown.records.slice(view.revision === 'no_stream' ? 0 : Number(view.revision) + 1)
    return records.length === 0 ? movedTo(view, head) : replay(aggregate, view, records)
  }

  /** A copy that may be changed: the product adds to sets of ids in place. */
  #thaw (lane: LaneState): LaneState {
    const copies = new Map<CommandIds, CommandIds>()
    const { view, ids, run } = lane
    return {
      ...lane,
      view: view && this.#thawView(view, copies),
      ids: ids && this.#thawIds(ids, copies),
      run: run && { ...run, view: this.#thawView(run.view, copies) }
    }
  }

  #thawView (view: View, copies = new Map<CommandIds, CommandIds>()): View {
    return { ...view, ids: this.#thawIds(view.ids, copies) }
  }

  #thawIds (ids: CommandIds, copies: Map<CommandIds, CommandIds>): CommandIds {
    const copied = copies.get(ids)
    if (copied !== undefined) return copied
    const copy = new CommandIds()
    for (const comId of this.known(ids)) copy.add(comId)
    copies.set(ids, copy)
    return copy
  }

  #worker (worker: Omit<Worker, 'number'>): Worker {
    const { version, lane, held, effect } = worker
    const key = [
      version,
      held.map(({ copy, deliveries }) => `${copy}x${deliveries}`).join(),
      this.#viewKey(lane.view),
      lane.ids === lane.view?.ids ? '' : this.#idsKey(lane.ids),
      [...lane.found].map(([comId, record]) => `${comId}${record !== undefined}`).sort().join(),
      lane.run === undefined || effect?.kind !== 'append' ? '' : this.#viewKey(lane.run.view) + lane.run.rulings.map(rulingKey).join(),
      `${lane.limits.commands},${lane.limits.bytes}`,
      this.#effectKey(effect)
    ].join('|')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = { number: this.all.length, version, lane, held, effect }
    this.all.push(made)
    this.#known.set(key, made)
    return made
  }

  #effectKey (effect: Effect | undefined): string {
    if (effect === undefined) return ''
    switch (effect.kind) {
      case 'load': return `load${this.#viewKey(effect.from)}`
      case 'look': return `look${effect.comIds.join()}`
      case 'append': return `append${effect.expected}${effect.events.map(contentOf).join()}`
      case 'settle':
      case 'fail': return effect.kind
    }
  }

  #viewKey (view: View | undefined): string {
    return view === undefined
      ? '-'
      : `${view.revision},${view.exists},${JSON.stringify(view.state)},${view.block?.code},${this.#idsKey(view.ids)}`
  }

  #idsKey (ids: CommandIds | undefined): string {
    return ids === undefined ? '-' : this.known(ids).join()
  }
}

function rulingKey (ruling: RunRuling): string {
  return `${ruling.kind}${ruling.comId}${ruling.kind === 'decided' ? JSON.stringify(ruling.verdict) : ''}`
}
