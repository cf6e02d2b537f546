import type { FaultName } from '../history.js'
import type { Facts } from './facts.js'
import { Periods } from './periods.js'

/** Milliseconds until what was under way in a fault is over too. */
export const AFTERMATH = 3_000

/** They do not come between a process and the store. */
const ELSEWHERE: readonly FaultName[] = ['ids_forgotten', 'links_held', 'redelivery', 'burst', 'deploy', 'join', 'leave']

/** When a process could not reach the store, or not hear it, as far as the storm did that. */
export class Troubles {
  readonly #ofAll = new Periods()
  readonly #of = new Map<string, Periods>()

  /** Of everyone, where the store itself was in trouble. */
  add (targets: readonly string[], start: number, end: number): void {
    if (targets.includes('store')) this.#ofAll.add(start, end)
    for (const target of targets) {
      const periods = this.#of.get(target) ?? new Periods()
      periods.add(start, end)
      this.#of.set(target, periods)
    }
  }

  touch (process: string, start: number, end: number): boolean {
    return this.#ofAll.touch(start, end) || this.#of.get(process)?.touch(start, end) === true
  }

  /** How much of this time they cover. */
  cover (process: string, start: number, end: number): number {
    const both = new Periods()
    for (const periods of [this.#ofAll, this.#of.get(process)]) {
      for (const [from, to] of periods?.all ?? []) both.add(from, to)
    }
    return both.cover(start, end)
  }
}

export function storeTroubles ({ faults, lives }: Facts): Troubles {
  const troubles = new Troubles()
  for (const { name, targets, start, end } of faults) {
    if (!ELSEWHERE.includes(name)) troubles.add(targets, start, end + AFTERMATH)
  }
  for (const { role, process, started, ready, toldToStop, ended } of lives) {
    if (role === 'store') troubles.add(['store'], started, (ready ?? ended ?? started) + AFTERMATH)
    if (role === 'worker') continue
    const until = toldToStop ?? ended
    if (until !== undefined) troubles.add([role === 'store' ? 'store' : process], until, (ended ?? Infinity) + AFTERMATH)
  }
  return troubles
}
