import { performance } from 'node:perf_hooks'
import { machineTicks, processTicks, TICKS_PER_SECOND } from './cpu.js'

/** How much of the machine's CPU time others use while one measures. */
export class Strangers {
  readonly #pids: readonly number[]

  /**
   * @param pids our own processes, beside this one.
   */
  constructor (pids: readonly number[]) {
    this.#pids = [process.pid, ...pids]
  }

  /** Begins to count; what it returns ends it, and says how many cores strangers have used on average. */
  watch (): () => number {
    const begin = performance.now()
    const before = this.#ticks()
    return () => {
      const seconds = (performance.now() - begin) / 1000
      return Math.max(0, (this.#ticks() - before) / TICKS_PER_SECOND / seconds)
    }
  }

  #ticks (): number {
    return this.#pids.reduce((ticks, pid) => ticks - processTicks(pid), machineTicks())
  }
}
