import { readFile } from 'node:fs/promises'
import type { Chronicle } from './chronicle.js'
import type { Fleet } from './fleet.js'

const EVERY = 2_000
const PAGE = 4096

/** Takes samples of the memory that the processes hold, where the system tells it (`/proc`). */
export class MemoryWatch {
  readonly #fleet: Fleet
  readonly #chronicle: Chronicle
  #timer: NodeJS.Timeout | undefined

  constructor (fleet: Fleet, chronicle: Chronicle) {
    this.#fleet = fleet
    this.#chronicle = chronicle
  }

  start (): void {
    this.#timer = setInterval(() => {
      for (const { pid, name, role } of this.#fleet.members) {
        if (pid === undefined) continue
        readFile(`/proc/${pid}/statm`, 'utf8').then(text => {
          const resident = Number(text.split(' ')[1]) * PAGE
          if (resident > 0) this.#chronicle.write({ kind: 'memory', at: this.#chronicle.now(), process: name, pid, role, resident })
        }, () => {})
      }
    }, EVERY)
  }

  stop (): void {
    clearInterval(this.#timer)
  }
}
