import type { AnyAggregate } from '../definition/index.js'
import { uuidV5 } from '../definition/uuid.js'
import { AbandonedError, Patience } from '../aggregator/index.js'
import { parseJson, streamNames, WORKERS_GROUP, writeMetadata } from '../outcome/index.js'
import type { StreamNames } from '../outcome/index.js'
import type { RecordedEvent, Store, StoreLog } from '../store/index.js'
import { Attempts } from './attempts.js'
import type { Intake } from './intake.js'

const PAGE = 100

/**
 * Finds the commands that the server's group has lost: all that stand below the group's checkpoint and have no outcome.
 * How far it has looked is marked in the store, so that each command is looked at once, by whichever worker.
 */
export class Sweep {
  readonly #streams: StreamNames
  readonly #intake: Intake
  readonly #store: Store
  readonly #log: StoreLog
  readonly #signal: AbortSignal
  readonly #attempts: Attempts
  #running: Promise<void> | undefined
  #again = false

  constructor (aggregate: AnyAggregate, intake: Intake, store: Store, log: StoreLog, signal: AbortSignal) {
    this.#streams = streamNames(aggregate.commands.storedName)
    this.#intake = intake
    this.#store = store
    this.#log = log
    this.#signal = signal
    this.#attempts = new Attempts(this.#streams.attempts, store)
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
    const parked = await this.#parked()
    let mark = await this.#mark()
    let from = mark + 1n
    while (from <= checkpoint && !this.#signal.aborted) {
      const page = await this.#store.read(this.#streams.commands, { direction: 'forwards', from, count: PAGE })
      const commands = page.kind === 'page' ? page.events.flatMap(({ event }) => event === undefined ? [] : [event]) : []
      const below = commands.filter(command => command.revision <= checkpoint)
      if (below.length === 0) return
      const unsettled = await this.#settle(below.filter(command => !parked.has(command.revision)))
      const last = below.at(-1)!.revision
      // Beyond a command that this worker cannot decide the mark must not move; another version may be able to.
      if (unsettled === undefined && mark === from - 1n) {
        await this.#setMark(last)
        mark = last
      }
      from = last + 1n
    }
  }

  /**
   * The first command that this worker could not bring to an outcome. Those that were begun before, and did not come to an end, are begun one
   * after the other: one of them may take its worker down, and the count of the others must not grow by it.
   */
  async #settle (commands: readonly RecordedEvent[]): Promise<RecordedEvent | undefined> {
    const open = await this.#intake.unsettled(commands)
    if (open.length === 0) return undefined
    const begun = await this.#attempts.counts()
    const parked: RecordedEvent[] = []
    const take = async (together: readonly RecordedEvent[]): Promise<void> => {
      await this.#attempts.begin(together.map(({ revision }) => revision))
      const settlements = await Promise.all(together.map(command => this.#intake.take(command, (begun.get(command.revision) ?? 0) + 1)))
      parked.push(...together.filter((_, index) => settlements[index]!.kind === 'parked'))
    }
    await take(open.filter(({ revision }) => (begun.get(revision) ?? 0) === 0))
    for (const command of open.filter(({ revision }) => (begun.get(revision) ?? 0) > 0)) await take([command])
    await this.#attempts.park(parked.map(({ revision }) => revision))
    return open.find(command => parked.includes(command))
  }

  /** Revisions of the commands that the group has parked: they wait to be replayed. */
  async #parked (): Promise<Set<bigint>> {
    const stream = `$persistentsubscription-${this.#streams.commands}::${WORKERS_GROUP}-parked`
    const revisions = new Set<bigint>()
    let from: bigint | 'start' = 'start'
    for (;;) {
      const page = await this.#store.read(stream, { direction: 'forwards', from, count: PAGE })
      const links = page.kind === 'page' ? page.events.flatMap(({ event }) => event === undefined ? [] : [event]) : []
      for (const link of links) {
        const revision = /^(\d+)@/.exec(Buffer.from(link.data).toString())?.[1]
        if (revision !== undefined) revisions.add(BigInt(revision))
      }
      const last = links.at(-1)
      if (last === undefined || links.length < PAGE) return revisions
      from = last.revision + 1n
    }
  }

  async #mark (): Promise<bigint> {
    const page = await this.#store.read(this.#streams.sweep, { direction: 'backwards', from: 'end', count: 1 })
    const event = page.kind === 'page' ? page.events[0]?.event : undefined
    const mark = event && parseJson(event.data)?.value
    const revision = mark !== null && typeof mark === 'object' && 'revision' in mark ? String(mark.revision) : ''
    return /^\d+$/.test(revision) ? BigInt(revision) : -1n
  }

  async #setMark (revision: bigint): Promise<void> {
    const data = JSON.stringify({ revision: String(revision) })
    const answer = await this.#store.append(this.#streams.sweep, 'any', [{
      id: uuidV5('6f3b1a52-7c1e-4d0b-9a53-2f8e5c0d7b41', `${this.#streams.sweep}:${data}`),
      type: 'SweepMark',
      data: Buffer.from(data),
      metadata: writeMetadata({})
    }])
    // A mark that was not written costs the next sweep some reading, and nothing else.
    if (answer.kind !== 'written') this.#log.debug({ answer: answer.kind }, 'the mark of the sweep could not be moved')
  }
}
