import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Binds this process to one core and those that it talks with to another, and in the next round the other way round: of a
 * shared machine one core may be slower than the other for a while, and what happens to run there seems to cost more CPU time.
 * Only main threads are bound: the others are where there is room.
 */
export class TwoCores {
  readonly #pids: readonly number[]
  readonly #all: string
  readonly #pair: readonly [number, number]

  /** Nothing where there are no two cores, or no `taskset` to bind anyone by. */
  static async of (pids: readonly number[]): Promise<TwoCores | undefined> {
    try {
      const all = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]!
      const [first, second] = coresOf(all)
      if (second === undefined) return undefined
      await bind(process.pid, all)
      return new TwoCores(pids, all, [first!, second])
    } catch {
      return undefined
    }
  }

  private constructor (pids: readonly number[], all: string, pair: readonly [number, number]) {
    this.#pids = pids
    this.#all = all
    this.#pair = pair
  }

  async take (turned: boolean): Promise<void> {
    const [own, other] = turned ? this.#pair.toReversed() : this.#pair
    await bind(process.pid, `${own}`)
    for (const pid of this.#pids) await bind(pid, `${other}`)
  }

  /** Whoever is started from now on is free again. */
  async release (): Promise<void> {
    for (const pid of [process.pid, ...this.#pids]) await bind(pid, this.#all)
  }
}

async function bind (pid: number, cores: string): Promise<void> {
  await run('taskset', ['--cpu-list', '--pid', cores, `${pid}`])
}

/** @param list as in `0-3,8` */
function coresOf (list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [from, to] = range.split('-').map(Number)
    return Array.from({ length: (to ?? from!) - from! + 1 }, (_, place) => from! + place)
  })
}
