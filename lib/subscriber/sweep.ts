import { AbandonedError, Patience } from '../aggregator/index.js'
import { sweepMark, sweptTo, WORKERS_GROUP } from '../outcome/index.js'
import type { StreamNames } from '../outcome/index.js'
import type { Store, StoreLog } from '../store/index.js'
import type { ParkedCommands } from './parked-commands.js'
import type { Rescue } from './rescue.js'

const PAGE = 100

/**
 * Finds the commands that the server's group has lost: all that stand below the group's checkpoint and have no outcome.
 * How far it has looked is marked in the store, so that each command is looked at once, by whichever worker.
 */
export class Sweep {
  readonly #streams: StreamNames
  readonly #rescue: Rescue
  readonly #parked: ParkedCommands
  readonly #store: Store
  readonly #log: StoreLog
  readonly #signal: AbortSignal
  #running: Promise<void> | undefined
  #again = false

  constructor (streams: StreamNames, rescue: Rescue, parked: ParkedCommands, store: Store, log: StoreLog, signal: AbortSignal) {
    this.#streams = streams
    this.#rescue = rescue
    this.#parked = parked
    this.#store = store
    this.#log = log
    this.#signal = signal
  }

  /** Sweeps up to the checkpoint as it stands now; while a sweep runs, once more after it. Never rejects. */
  async run (): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = true
      return await this.#running
    }
    this.#running = this.#runAll()
    await this.#running
  }

  async #runAll (): Promise<void> {
    const patience = new Patience(this.#signal)
    do {
      this.#again = false
      try {
        await this.#sweep()
      } catch (error) {
        if (error instanceof AbandonedError) break
        if (patience.attempts === 0) this.#log.warn({ err: error, stream: this.#streams.commands }, 'the sweep for lost commands broke off; it is tried again')
        // The subscription may stand for long, and nobody else would look for them.
        this.#again = true
        await patience.wait().catch(() => {})
      }
    } while (this.#again && !this.#signal.aborted)
    this.#running = undefined
  }

  async #sweep (): Promise<void> {
    const checkpoint = (await this.#store.groupInfo(this.#streams.commands, WORKERS_GROUP))?.lastCheckpointed
    if (checkpoint === undefined) return
    const parked = await this.#parked.revisions()
    let mark = await this.#mark()
    let from = mark + 1n
    while (from <= checkpoint && !this.#signal.aborted) {
      const page = await this.#store.read(this.#streams.commands, { direction: 'forwards', from, count: PAGE })
      const commands = page.kind === 'page' ? page.events.flatMap(({ event }) => event === undefined ? [] : [event]) : []
      const below = commands.filter(command => command.revision <= checkpoint)
      if (below.length === 0) return
      const left = await this.#rescue.settle(below.filter(command => !parked.has(command.revision)))
      const last = below.at(-1)!.revision
      // Beyond a command that this worker cannot decide the mark must not move; another version may be able to.
      if (left.size === 0 && mark === from - 1n) {
        await this.#setMark(last)
        mark = last
      }
      from = last + 1n
    }
  }

  async #mark (): Promise<bigint> {
    const page = await this.#store.read(this.#streams.sweep, { direction: 'backwards', from: 'end', count: 1 })
    return sweptTo(page.kind === 'page' ? page.events[0]?.event : undefined)
  }

  async #setMark (revision: bigint): Promise<void> {
    const answer = await this.#store.append(this.#streams.sweep, 'any', [sweepMark(this.#streams.sweep, revision)])
    // A mark that was not written costs the next sweep some reading, and nothing else.
    if (answer.kind !== 'written') this.#log.debug({ answer: answer.kind }, 'the mark of the sweep could not be moved')
  }
}
