import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** /proc counts in these, whatever the kernel's own clock: USER_HZ of proc(5). */
const TICKS_PER_SECOND = 100

/** Places in the first line of /proc/stat, after its name: those of work, not of waiting and not of interrupts, which may be ours. */
const USER = 0
const NICE = 1
const SYSTEM = 2
const STOLEN = 7

/** Places in /proc/<pid>/stat after the name, which stands in brackets. */
const PROCESS_USER = 11
const PROCESS_SYSTEM = 12

/** How much of the machine's CPU time others use while one measures. */
export class Strangers {
  readonly #pids: readonly number[]

  /**
   * @param pids our own processes, beside this one.
   */
  constructor (pids: readonly number[]) {
    this.#pids = [process.pid, ...pids]
  }

  /** Whether this system tells. */
  static get visible (): boolean {
    try {
      return machineTicks() > 0 && processTicks(process.pid) >= 0
    } catch {
      return false
    }
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

function machineTicks (): number {
  const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))![1]!.split(' ').map(Number)
  return [USER, NICE, SYSTEM, STOLEN].reduce((ticks, place) => ticks + (fields[place] ?? 0), 0)
}

function processTicks (pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
  return fields[PROCESS_USER]! + fields[PROCESS_SYSTEM]!
}
