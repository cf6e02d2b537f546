import fc from 'fast-check'
import { product } from './core.js'
import type { Core } from './core.js'
import type { Difference } from './domain.js'
import { ARRIVAL, Model } from './model.js'
import { scenarioOf } from './scenario.js'
import type { Body, Plan } from './scenario.js'
import { walk } from './walk.js'
import type { Choice } from './walk.js'

const differences: readonly Difference[] = ['outcome', 'content', 'number', 'unheard', 'defect']
// Versions differ in what they make of Add.
const bodies: readonly Body[] = [['Add', 1], ['Add', 2], ['Note'], ['Take', 1], ['Open'], ['Add', 1]]

const mostly = <T> (usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ withCrossShrink: true }, { weight: 2, arbitrary: usual }, { weight: 1, arbitrary: other })

/** Few meet in the same place more often than many. */
const some = <T> (arbitrary: fc.Arbitrary<T>, minLength: number, few: number, many: number): fc.Arbitrary<T[]> =>
  mostly(fc.array(arbitrary, { minLength, maxLength: few }), fc.array(arbitrary, { minLength, maxLength: many }))

/** Beyond what can be visited: up to four workers of four versions, and six commands that stand up to three times. */
const plans: fc.Arbitrary<Plan> = fc.record({
  name: fc.constant('a sample'),
  newer: mostly(fc.constantFrom(...differences).map(one => [one]), fc.shuffledSubarray([...differences], { maxLength: 3 })),
  workers: some(fc.nat(3), 2, 2, 4),
  redeploys: fc.boolean(),
  commands: some(some(fc.constantFrom(...bodies), 1, 1, 3), 1, 2, 6),
  deliveries: mostly<number[]>(fc.constant([1]), fc.constantFrom([1, 10], [1, 6, 10])),
  late: fc.nat(3),
  oldReadings: fc.boolean(),
  evictions: fc.boolean(),
  most: mostly(fc.constant(Infinity), fc.constantFrom(1, 2)),
  exists: mostly(fc.constant(true), fc.constant(false)),
  alike: fc.boolean()
}).map(plan => ({ ...plan, workers: plan.workers.map(version => version % (plan.newer.length + 1)) }))

const kinds: readonly [weight: number, kind: Choice['kind']][] = [
  [4, 'a command is delivered'],
  [8, 'the worker goes on'],
  [3, 'an answer is lost'],
  [2, ARRIVAL],
  // More often, and hardly anything would ever be finished.
  [1, 'the worker is killed'],
  [1, 'the memory changes']
]

const ways = (maxLength: number): fc.Arbitrary<Choice[]> => fc.array(fc.record({
  worker: fc.nat(3),
  kind: fc.oneof(...kinds.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
  which: fc.nat(9)
}), { maxLength, size: 'max' })

export type Sample = [Plan, Choice[]]

/** Walks by scenarios and choices that are drawn, until one breaks a rule; that one is made as short as can be. */
export function sample (core: Core, most: number, parameters: fc.Parameters<Sample>): fc.RunDetails<Sample> {
  return fc.check(fc.property(plans, ways(most), (plan, choices) => {
    const { violation } = walk(modelOf(core, plan), choices)
    if (violation !== undefined) throw violation
  }), parameters)
}

/** What was found, and how to see it again. */
export function report (core: Core, { counterexample, errorInstance, seed, counterexamplePath }: fc.RunDetails<Sample>): { trace: readonly string[], text: string } {
  if (counterexample === null) return { trace: [], text: 'no violation' }
  const [plan, choices] = counterexample
  const { trace } = walk(modelOf(core, plan), choices)
  const text = [
    String(errorInstance), fc.stringify(plan), ...trace, `again by MODEL_SEED=${seed} MODEL_PATH=${counterexamplePath}`
  ].join('\n')
  return { trace, text }
}

/** A broken core must be seen by what it does, whatever is in its memory. */
const modelOf = (core: Core, plan: Plan): Model => new Model(scenarioOf(plan), core, core === product)
