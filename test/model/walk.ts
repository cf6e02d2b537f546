import { Violation } from './checks.js'
import { ARRIVAL } from './model.js'
import type { Kind, Model, State } from './model.js'

/** A step, told so that it means something on every way: where nothing of the kind can happen, nothing does. */
export interface Choice {
  /** Which of the workers; both numbers are taken modulo of how many there are. */
  readonly worker: number
  readonly kind: Kind | typeof ARRIVAL
  /** Which of all that is of the kind. */
  readonly which: number
}

export interface Walk {
  /** What has happened. */
  readonly trace: readonly string[]
  readonly violation: Violation | undefined
}

/** Goes where the choices lead, and in the end until every command has its outcome. */
export function walk (model: Model, choices: readonly Choice[]): Walk {
  const trace: string[] = []
  let state: State | undefined = model.initial
  try {
    for (const choice of choices) state = follow(model, state, choice, label => trace.push(label))
    trace.push('from here on nothing is in the way')
    for (let left = 1000; state !== undefined; left--) {
      if (left === 0) throw new Violation('every command comes to its one outcome', 'the workers find no end')
      state = model.calm(state)
    }
  } catch (violation) {
    if (!(violation instanceof Violation)) throw violation
    return { trace, violation }
  }
  return { trace, violation: undefined }
}

function follow (model: Model, state: State, { worker, kind, which }: Choice, tell: (label: string) => void): State {
  const { store, workers } = state
  if (kind === ARRIVAL) {
    if (store.late.length === 0) return state
    tell(ARRIVAL)
    return { store: model.arrivals(store)[which % store.late.length]!, workers }
  }
  const at = worker % workers.length
  const moves = model.moves(workers[at]!, store.stream).filter(move => move.kind === kind)
  if (moves.length === 0) return state
  const move = moves[which % moves.length]!
  tell(`worker ${at}, ${move.label}`)
  const step = model.take(move, store)
  return { store: step.store, workers: workers.with(at, step.worker) }
}
