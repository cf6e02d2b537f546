import { afterAppend, CommandIds } from '../../lib/decision/index.js'
import type { Effect, LaneState, Step, Told, View } from '../../lib/decision/index.js'
import { readMetadata } from '../../lib/outcome/index.js'
import type { RecordedOutcome } from '../../lib/outcome/index.js'
import type { Expected, NewEvent } from '../../lib/store/contract.js'
import type { Rule } from './checks.js'
import { product } from './core.js'
import type { Core } from './core.js'
import { ALIKE, comId } from './domain.js'
import { scenario } from './scenario.js'
import type { Scenario } from './scenario.js'

/** A core that is broken in one place, and what shows it. */
export interface Mutant {
  readonly name: string
  readonly core: Core
  readonly scenario: Scenario
  /** The rule that is broken by what the workers do, whatever is in their memory. */
  readonly rule: Rule
}

type StepFunction = Core['step']
type Append = Extract<Effect, { kind: 'append' }>

const ALL = [...ALIKE, ...Array.from({ length: 4 }, (_, n) => comId(n)), comId(99)]

/** Changes what a step gives. */
function stepwise (change: (step: Step, before: LaneState, told: Told) => Step): Core {
  const step: StepFunction = (aggregate, lane, told, waiting) => change(product.step(aggregate, lane, told, waiting), lane, told)
  return { ...product, step }
}

function appending (change: (effect: Append) => Append): Core {
  return stepwise(step => step.effect.kind === 'append' ? { ...step, effect: change(step.effect) } : step)
}

function renamed (id: (event: NewEvent) => string): Core {
  return appending(effect => ({ ...effect, events: effect.events.map(event => ({ ...event, id: id(event) })) }))
}

function idsOf (comIds: readonly string[]): CommandIds {
  const ids = new CommandIds()
  for (const each of comIds) ids.add(each)
  return ids
}

const knowing = (view: View, comIds: readonly string[]): View => ({ ...view, ids: idsOf(comIds) })

/** Before the product adds to a set of ids in place. */
function remembering (keep: (before: readonly string[], after: readonly string[]) => readonly string[]): Core {
  const step: StepFunction = (aggregate, lane, told, waiting) => {
    const before = ALL.filter(each => lane.view?.ids.has(each))
    const then = product.step(aggregate, lane, told, waiting)
    const { view } = then.lane
    if (told.kind !== 'answered' || told.answer.kind !== 'written' || view === undefined) return then
    const forgetful = knowing(view, keep(before, ALL.filter(each => view.ids.has(each))))
    return { ...then, lane: { ...then.lane, view: forgetful, ids: forgetful.ids } }
  }
  return { ...product, step }
}

const absent = (lane: LaneState): [string, undefined][] => [...lane.found].flatMap(([id, record]) => record === undefined ? [[id, undefined]] : [])

const doubled = scenario('one command, twice, two versions', [[['Add', 1], ['Add', 2]]], 'number', { exists: true })
const pair = scenario('two commands', [[['Add', 1]], [['Add', 2]]], 'none', { exists: true })
const outcomes = scenario('two commands, two versions', [[['Add', 1]], [['Note']]], 'outcome', { exists: true })
const alike = scenario('two commands of one hash', [[['Add', 1]], [['Add', 2]]], 'none', { exists: true, alike: true })

const STANDS_ONCE: Rule = 'the events of a command stand once, side by side, from the first to the last'
const ON_ITS_STATE: Rule = 'an outcome is decided on the state that the stream before it gives'
const ACK_STANDS: Rule = 'what is acknowledged stands'
const ANSWER_STANDS: Rule = 'what is answered is what stands'

export const mutants: readonly Mutant[] = [
  {
    name: 'any instead of the exact revision',
    core: appending(effect => ({ ...effect, expected: 'any' as Expected as Append['expected'] })),
    scenario: pair,
    rule: ON_ITS_STATE
  },
  {
    name: 'event ids = comId instead of ids from the content',
    core: renamed(({ metadata }) => readMetadata(metadata).comId!),
    scenario: doubled,
    rule: ANSWER_STANDS
  },
  {
    name: 'event ids without the number of events',
    core: renamed(({ type, data, metadata }) => {
      const { comId, index } = readMetadata(metadata)
      return `${comId} ${index} ${type} ${Buffer.from(data).toString()}`
    }),
    scenario: doubled,
    rule: ANSWER_STANDS
  },
  { name: 'the ids of a run are not added', core: remembering(before => before), scenario: pair, rule: STANDS_ONCE },
  { name: 'ids are forgotten above a number', core: remembering((_, after) => after.slice(-1)), scenario: outcomes, rule: STANDS_ONCE },
  {
    name: 'the ids of refusals are not read',
    core: {
      ...product,
      replay: (aggregate, view, records, watched) => {
        const known = ALL.filter(each => view.ids.has(each))
        const events = records.filter(({ type }) => type !== aggregate.commands.refusedName).map(product.commandOf)
        return knowing(product.replay(aggregate, view, records, watched), [...known, ...events])
      }
    },
    scenario: outcomes,
    rule: STANDS_ONCE
  },
  {
    name: 'the decisions of a run are kept after a conflict',
    core: {
      ...product,
      step: (aggregate, lane, told, waiting) => {
        if (told.kind !== 'answered' || told.answer.kind !== 'conflict') return product.step(aggregate, lane, told, waiting)
        const run = { ...lane.run!, view: { ...lane.run!.view, revision: told.answer.current } }
        return { lane: { ...lane, run }, effect: { kind: 'append', expected: told.answer.current, events: run.events } }
      }
    },
    scenario: pair,
    rule: ON_ITS_STATE
  },
  {
    name: 'refusals are kept after a conflict',
    core: stepwise((step, before, told) =>
      told.kind === 'answered' && told.answer.kind === 'conflict' &&
      before.run!.rulings.every(ruling => ruling.kind === 'decided' && ruling.verdict.status === 'refused')
        ? { lane: product.cooled(step.lane), effect: { kind: 'settle', rulings: before.run!.rulings, found: before.found } }
        : step),
    scenario: outcomes,
    rule: ACK_STANDS
  },
  {
    name: 'what was absent stays absent after a reload',
    core: {
      ...product,
      step: (aggregate, lane, told, waiting) => {
        const step = product.step(aggregate, lane, told, waiting)
        if (told.kind !== 'loaded' || step.effect.kind !== 'look') return step
        const old = new Map(absent(lane))
        if (!step.effect.comIds.every(id => old.has(id))) return step
        return product.step(aggregate, step.lane, { kind: 'looked', found: old, head: told.view.revision }, waiting)
      }
    },
    scenario: alike,
    rule: STANDS_ONCE
  },
  {
    name: 'an old reading is believed',
    core: {
      ...product,
      step: (aggregate, lane, told, waiting) => product.step(aggregate, lane,
        told.kind === 'looked' ? { ...told, head: lane.view?.revision ?? told.head } : told, waiting)
    },
    scenario: pair,
    rule: STANDS_ONCE
  },
  {
    name: 'a hash is taken for the command',
    core: {
      ...product,
      step: (aggregate, lane, told, waiting) => {
        const step = product.step(aggregate, lane, told, waiting)
        if (step.effect.kind !== 'look') return step
        const found = new Map(step.effect.comIds.map(id => [id, {} as RecordedOutcome]))
        return product.step(aggregate, step.lane, { kind: 'looked', found, head: lane.view?.revision ?? 'no_stream' }, waiting)
      }
    },
    scenario: alike,
    rule: ACK_STANDS
  },
  {
    name: 'the state is moved before the append',
    core: stepwise(step => {
      const { run } = step.lane
      if (step.effect.kind !== 'append' || step.effect.trouble !== undefined || run === undefined) return step
      const ids = idsOf(ALL.filter(each => run.view.ids.has(each)))
      const moved = afterAppend({ ...run, view: { ...run.view, ids } }, { kind: 'written', revision: 0n })
      if (moved.kind !== 'done') return step
      const view = { ...run.view, state: moved.view.state, exists: moved.view.exists }
      return { ...step, lane: { ...step.lane, view, run: { ...run, view } } }
    }),
    scenario: outcomes,
    rule: ON_ITS_STATE
  },
  {
    name: 'an unknown fate is taken for a failure',
    core: stepwise((step, before, told) =>
      told.kind === 'answered' && told.answer.kind === 'unknown'
        ? { lane: product.cooled(before), effect: { kind: 'settle', rulings: before.run!.rulings, found: before.found } }
        : step),
    scenario: pair,
    rule: ACK_STANDS
  },
  {
    name: 'an unknown fate is taken for a success',
    core: {
      ...product,
      step: (aggregate, lane, told, waiting) => product.step(aggregate, lane, told.kind === 'answered' && told.answer.kind === 'unknown'
        ? { kind: 'answered', answer: { kind: 'written', revision: BigInt(lane.run!.events.length) + (lane.run!.view.revision === 'no_stream' ? -1n : lane.run!.view.revision) } }
        : told, waiting)
    },
    scenario: pair,
    rule: ACK_STANDS
  },
  {
    name: 'acknowledged before the append',
    core: stepwise(step => step.effect.kind === 'append'
      ? { lane: product.cooled(step.lane), effect: { kind: 'settle', rulings: step.lane.run!.rulings, found: step.lane.found } }
      : step),
    scenario: pair,
    rule: ACK_STANDS
  },
  {
    name: 'a command that stands twice in a run is decided twice',
    core: stepwise(step => {
      const { effect, lane: { run } } = step
      if (effect.kind !== 'append') return step
      const twins = run!.rulings.flatMap(({ kind, comId }) => kind === 'twin' ? [comId] : [])
      const again = effect.events.filter(({ metadata }) => twins.includes(readMetadata(metadata).comId!))
      return { ...step, effect: { ...effect, events: [...effect.events, ...again] } }
    }),
    scenario: doubled,
    rule: ON_ITS_STATE
  }
]
