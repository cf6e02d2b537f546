import { readFileSync } from 'node:fs'

/** /proc counts in these, whatever the kernel's own clock: USER_HZ of proc(5). */
export const TICKS_PER_SECOND = 100

/** Places in the first line of /proc/stat, after its name: those of work, not of waiting and not of interrupts, which may be ours. */
const USER = 0
const NICE = 1
const SYSTEM = 2
const STOLEN = 7

/** Places in /proc/<pid>/stat after the name, which stands in brackets. */
const PROCESS_USER = 11
const PROCESS_SYSTEM = 12

const MICROSECONDS = 1e6

/** CPU time that has been used, in seconds. */
export interface CpuTime {
  /** Undefined where nothing tells it. */
  readonly store: number | undefined
  /** Of this process, with all its threads. */
  readonly client: number
}

/** Whether this system tells how much CPU time other processes use. */
export function cpuVisible (): boolean {
  try {
    return machineTicks() > 0 && processTicks(process.pid) >= 0
  } catch {
    return false
  }
}

/** The CPU time of all processes together. */
export function machineTicks (): number {
  const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))![1]!.split(' ').map(Number)
  return [USER, NICE, SYSTEM, STOLEN].reduce((ticks, place) => ticks + (fields[place] ?? 0), 0)
}

/** The CPU time of one process, with all its threads. */
export function processTicks (pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
  return fields[PROCESS_USER]! + fields[PROCESS_SYSTEM]!
}

/**
 * What a store and the client in this process have used so far.
 * @param pid the store's; undefined if it is no process whose time can be told.
 */
export function cpuTime (pid: number | undefined): CpuTime {
  const { user, system } = process.cpuUsage()
  return { store: pid === undefined ? undefined : processTicks(pid) / TICKS_PER_SECOND, client: (user + system) / MICROSECONDS }
}
