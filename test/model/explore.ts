import { Violation } from './checks.js'
import { ARRIVAL } from './model.js'
import type { Model, State } from './model.js'
import { NONE, States } from './states.js'
import type { Store } from './stores.js'
import type { Worker } from './workers.js'

export interface Exploration {
  /** Reachable states that were visited. */
  readonly states: number
  readonly transitions: number
  /** Whether there are no others. */
  readonly complete: boolean
  /** Undefined where every rule holds in every state visited. */
  readonly violation: { readonly error: Violation, readonly trace: readonly string[] } | undefined
}

/**
 * Visits every reachable state of a model with two workers, breadth first, so that the first violation is a shortest one;
 * then follows from every state what happens once no more goes wrong, until every command has its outcome.
 *
 * A state is handled as the numbers of its store and of its workers, of which there are few: what can happen to a worker is
 * worked out once for each store that it may meet, and not again for each other worker beside it.
 */
export function explore (model: Model): Exploration {
  const states = new States()
  let transitions = 0
  const result = (complete: boolean, violation?: Exploration['violation']): Exploration =>
    ({ states: states.size, transitions, complete, violation })

  let at = 0
  try {
    const { store, workers } = model.initial
    states.add(store.number, workers[0]!.number, workers[1]!.number, NONE)
    for (; at < states.size; at++) {
      follow(at, (_, store, one, other) => {
        transitions++
        states.add(store, one, other, at)
      })
    }
    const settled = new Uint8Array(states.size)
    for (at = 0; at < states.size; at++) settle(at, settled)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    return result(false, { error, trace: traceTo(at) })
  }
  return result(true)

  function stateOf (number: number): State {
    const [store, one, other] = states.at(number)
    const { all } = model.workers
    return { store: model.stores.all[store]!, workers: [all[one]!, all[other]!] }
  }

  /** Tells of each state that can be next, by its numbers. */
  function follow (number: number, tell: (label: string, store: number, one: number, other: number) => void): void {
    const { store, workers: [one, other] } = stateOf(number) as { store: Store, workers: [Worker, Worker] }
    for (const next of model.steps(one, store)) tell(next.label, next.store.number, next.worker.number, other.number)
    for (const next of model.steps(other, store)) tell(next.label, next.store.number, one.number, next.worker.number)
    for (const next of model.arrivals(store)) tell(ARRIVAL, next.number, one.number, other.number)
  }

  function settle (from: number, settled: Uint8Array): void {
    const way: number[] = []
    for (let number = from; settled[number] !== 2;) {
      if (settled[number] === 1) throw new Violation('every command comes to its one outcome', 'the workers go round in a circle')
      settled[number] = 1
      way.push(number)
      const next = model.calm(stateOf(number))
      if (next === undefined) break
      number = states.find(next.store.number, next.workers[0]!.number, next.workers[1]!.number)
      if (number === NONE) throw new Error('what happens in a calm world can happen in any')
    }
    for (const number of way) settled[number] = 2
  }

  /** What has happened on a shortest way to the state. */
  function traceTo (to: number): string[] {
    const from = states.parent(to)
    if (from === NONE) return []
    let how: string | undefined
    follow(from, (label, store, one, other) => {
      if (states.find(store, one, other) === to) how ??= label
    })
    return [...traceTo(from), how!]
  }
}
