import { Violation } from './checks.js'
import { ARRIVAL } from './model.js'
import type { Model, State } from './model.js'

export interface Walk {
  readonly steps: number
  readonly violation: { readonly error: Violation, readonly trace: readonly string[] } | undefined
}

/** How often what takes a worker down is drawn, when it could be: else hardly anything would ever be finished. */
const KILLS = 0.2

/** Goes where chance leads, by a seed that leads the same way again, and in the end until every command has its outcome. */
export function walk (model: Model, seed: number, steps: number): Walk {
  const draw = random(seed)
  const trace: string[] = []
  let state: State | undefined = model.initial
  try {
    while (trace.length < steps) {
      const all: Transition[] = [...transitions(model, state!)]
      const chosen: Transition = all[Math.floor(draw() * all.length)]!
      if (/is killed|forgets/.test(chosen.label) && draw() > KILLS) continue
      trace.push(chosen.label)
      state = chosen.state
    }
    for (let left = 1000; state !== undefined; left--) {
      if (left === 0) throw new Violation('every command comes to its one outcome', 'the workers find no end')
      state = model.calm(state)
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    return { steps: trace.length, violation: { error, trace } }
  }
  return { steps: trace.length, violation: undefined }
}

interface Transition {
  readonly label: string
  readonly state: State
}

function * transitions (model: Model, { store, workers }: State): Generator<Transition> {
  for (const [at, worker] of workers.entries()) {
    for (const next of model.steps(worker, store)) yield { label: next.label, state: { store: next.store, workers: workers.with(at, next.worker) } }
  }
  for (const after of model.arrivals(store)) yield { label: ARRIVAL, state: { store: after, workers } }
}

/** Numbers from 0 to below 1, equal for equal seeds: a linear congruential generator with its state well mixed. */
function random (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x45d9f3b)
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}
