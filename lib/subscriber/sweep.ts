import { setTimeout as wait } from 'node:timers/promises'
import { parseUuid } from '../definition/uuid.js'
import { AbandonedError, Patience } from '../aggregator/index.js'
import { readSweepMark, sweepMark, WORKERS_GROUP } from '../outcome/index.js'
import type { OpenCommand, StreamNames, SweepMark } from '../outcome/index.js'
import type { RecordedEvent, Store, StoreLog } from '../store/index.js'
import type { ParkedCommands } from './parked-commands.js'
import type { Rescue, Settle } from './rescue.js'

const PAGE = 200
/** Commands that a mark may name; with more of them it does not move. */
const MOST_OPEN = 500
/** Milliseconds, at the least, that a worker stands back while another one moves the mark: longer than a page takes. */
const STANDING_BACK = 1_000

/**
 * Finds the commands that the server's group has lost: all that stand below the group's checkpoint and have no outcome.
 * How far it has looked is marked in the store, so that each command is looked at once, by whichever worker. The mark leases nothing:
 * of two that look at the same commands one works for nothing.
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
    const settle = this.#rescue.round()
    let mark = await this.#lookAgain(await this.#mark(), settle)
    if (mark.revision >= checkpoint) return
    const parked = await this.#parked.revisions()
    let from = mark.revision + 1n
    while (from <= checkpoint && !this.#signal.aborted) {
      const present = await this.#mark()
      if (present.revision > mark.revision) {
        mark = present
        if (mark.revision >= from) from = mark.revision + 1n
        await wait(STANDING_BACK * (1 + Math.random()), undefined, { signal: this.#signal }).catch(() => {})
        continue
      }
      const below = (await this.#commands(from)).filter(({ revision }) => revision <= checkpoint)
      const last = below.at(-1)?.revision
      if (last === undefined) return
      const left = await settle(below.filter(({ revision }) => !parked.has(revision)))
      const open = [...mark.open, ...named(left)]
      if (mark.revision === from - 1n && open.length <= MOST_OPEN) mark = await this.#setMark({ revision: last, open })
      from = last + 1n
    }
  }

  /** What no worker could decide when it was found, this one may be able to decide. */
  async #lookAgain (mark: SweepMark, settle: Settle): Promise<SweepMark> {
    const open = new Set(mark.open.map(({ revision }) => revision))
    const left: RecordedEvent[] = []
    let seenTo = -1n
    for (const revision of open) {
      if (revision <= seenTo || this.#signal.aborted) continue
      seenTo = revision + BigInt(PAGE) - 1n
      const commands = await this.#commands(revision)
      left.push(...await settle(commands.filter(command => command.revision <= seenTo && open.has(command.revision))))
    }
    if (left.length === open.size || this.#signal.aborted) return mark
    return await this.#setMark({ revision: mark.revision, open: named(left) })
  }

  async #commands (from: bigint): Promise<RecordedEvent[]> {
    const page = await this.#store.read(this.#streams.commands, { direction: 'forwards', from, count: PAGE })
    return page.kind === 'page' ? page.events.flatMap(({ event }) => event === undefined ? [] : [event]) : []
  }

  async #mark (): Promise<SweepMark> {
    const page = await this.#store.read(this.#streams.sweep, { direction: 'backwards', from: 'end', count: 1 })
    return readSweepMark(page.kind === 'page' ? page.events[0]?.event : undefined)
  }

  async #setMark (mark: SweepMark): Promise<SweepMark> {
    const answer = await this.#store.append(this.#streams.sweep, 'any', [sweepMark(this.#streams.sweep, mark)])
    // A mark that was not written costs the next sweep some reading, and nothing else.
    if (answer.kind !== 'written') this.#log.debug({ answer: answer.kind }, 'the mark of the sweep could not be moved')
    return mark
  }
}

function named (commands: Iterable<RecordedEvent>): OpenCommand[] {
  return [...commands].map(({ revision, id }) => ({ revision, comId: parseUuid(id) ?? id }))
}
