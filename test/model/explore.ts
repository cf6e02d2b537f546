import type { Request } from './checks.js'
import { Violation } from './checks.js'
import type { Model, State } from './model.js'
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

const NONE = -1

/** A set of states, numbered in the order in which they were added. A state is three numbers. */
class States {
  #slots = new Int32Array(1 << 16).fill(NONE)
  #fields = new Int32Array(3 << 14)
  #parents = new Int32Array(1 << 14)
  size = 0

  /** The state's number, and whether it is new. */
  add (a: number, b: number, c: number, parent: number): boolean {
    let slot = this.#slot(a, b, c)
    if (this.#slots[slot] !== NONE) return false
    if (this.size * 3 === this.#fields.length) {
      this.#fields = grown(this.#fields)
      this.#parents = grown(this.#parents)
    }
    if (this.size * 2 > this.#slots.length) {
      this.#rehash()
      slot = this.#slot(a, b, c)
    }
    this.#fields.set([a, b, c], this.size * 3)
    this.#parents[this.size] = parent
    this.#slots[slot] = this.size++
    return true
  }

  find (a: number, b: number, c: number): number {
    return this.#slots[this.#slot(a, b, c)]!
  }

  at (number: number): [number, number, number] {
    const at = number * 3
    return [this.#fields[at]!, this.#fields[at + 1]!, this.#fields[at + 2]!]
  }

  parent (number: number): number {
    return this.#parents[number]!
  }

  #slot (a: number, b: number, c: number): number {
    const mask = this.#slots.length - 1
    let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b)
    hash = Math.imul((hash ^ (hash >>> 15)) + b, 0xc2b2ae35)
    hash = Math.imul((hash ^ (hash >>> 13)) + c, 0x27d4eb2f)
    let slot = (hash ^ (hash >>> 16)) & mask
    for (let number = this.#slots[slot]!; number !== NONE; number = this.#slots[slot]!) {
      const at = number * 3
      if (this.#fields[at] === a && this.#fields[at + 1] === b && this.#fields[at + 2] === c) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #rehash (): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(NONE)
    for (let number = 0; number < this.size; number++) this.#slots[this.#slot(...this.at(number))] = number
  }
}

function grown (numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(numbers.length * 2)
  larger.set(numbers)
  return larger
}

/** Stores to which an append may still come, numbered. */
class Stores {
  readonly #numbers = new Map<string, number>()
  readonly all: Pick<State, 'stream' | 'late'>[] = []

  number ({ stream, late }: Pick<State, 'stream' | 'late'>): number {
    const key = late.length === 0 ? String(stream.number) : `${stream.number} ${late.map((request: Request) => request.number).join(' ')}`
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.all.push({ stream, late }) - 1
      this.#numbers.set(key, number)
    }
    return number
  }
}

/**
 * Visits every reachable state of a model with two workers, breadth first, so that the first violation is a shortest one;
 * then follows from every state what happens once no more goes wrong, until every command has its outcome.
 */
export function explore (model: Model, most = Infinity): Exploration {
  const states = new States()
  const stores = new Stores()
  let transitions = 0
  // Two workers that change places are the same two workers.
  const key = (state: State): [number, number, number] => {
    const [one, two] = state.workers.map(({ number }) => number) as [number, number]
    return [stores.number(state), Math.min(one, two), Math.max(one, two)]
  }
  const state = (number: number): State => {
    const [store, one, two] = states.at(number)
    const worker = (number: number): Worker => model.workers.all[number]!
    return { ...stores.all[store]!, workers: [worker(one), worker(two)] }
  }
  const result = (complete: boolean, violation?: Exploration['violation']): Exploration =>
    ({ states: states.size, transitions, complete, violation })

  let at = 0
  try {
    states.add(...key(model.initial), NONE)
    for (; at < states.size; at++) {
      if (states.size >= most) return result(false)
      for (const next of model.transitions(state(at))) {
        transitions++
        states.add(...key(next.state), at)
      }
    }
    const settled = new Uint8Array(states.size)
    for (at = 0; at < states.size; at++) come(at)

    function come (from: number): void {
      const way: number[] = []
      for (let number = from; settled[number] !== 2;) {
        if (settled[number] === 1) throw new Violation('every command comes to its one outcome', 'the workers go round in a circle')
        settled[number] = 1
        way.push(number)
        const next = model.calm(state(number))
        if (next === undefined) break
        number = states.find(...key(next))
        if (number === NONE) throw new Error('what happens in a calm world can happen in any')
      }
      for (const number of way) settled[number] = 2
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    return result(false, { error, trace: traceTo(at) })
  }
  return result(true)

  /** What has happened on a shortest way to the state. */
  function traceTo (number: number): string[] {
    const way: number[] = []
    for (let each = number; each !== NONE; each = states.parent(each)) way.unshift(each)
    const trace: string[] = []
    for (const [index, from] of way.slice(0, -1).entries()) {
      const to = way[index + 1]!
      for (const next of model.transitions(state(from))) {
        if (states.find(...key(next.state)) !== to) continue
        trace.push(next.label)
        break
      }
    }
    return trace
  }
}
