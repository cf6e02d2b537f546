import { AbandonedError, Patience } from '../aggregator/index.js'
import { WORKERS_GROUP } from '../outcome/index.js'
import type { StreamNames } from '../outcome/index.js'
import type { RecordedEvent, Store, StoreLog } from '../store/index.js'
import type { Rescue } from './rescue.js'

const PAGE = 100

interface Parked {
  /** In the stream of parked messages. */
  readonly place: bigint
  /** Missing where the command is gone. */
  readonly command: RecordedEvent | undefined
}

/**
 * The commands that the workers' group has parked, since no worker could decide them.
 *
 * They are taken in hand from the stream in which they are kept, and stay there until they have their outcomes: a replay of the server's takes
 * them out of it before anybody has decided them, and keeps them in memory, where a crash of the server loses them for ever, whatever
 * its version.
 */
export class ParkedCommands {
  readonly #streams: StreamNames
  readonly #rescue: Rescue
  readonly #store: Store
  readonly #log: StoreLog
  readonly #signal: AbortSignal

  constructor (streams: StreamNames, rescue: Rescue, store: Store, log: StoreLog, signal: AbortSignal) {
    this.#streams = streams
    this.#rescue = rescue
    this.#store = store
    this.#log = log
    this.#signal = signal
  }

  /** Decides those that this worker can decide, however long the store is away. Never rejects. */
  async review (): Promise<void> {
    const patience = new Patience(this.#signal)
    while (!this.#signal.aborted) {
      try {
        return await this.#review()
      } catch (error) {
        if (error instanceof AbandonedError) return
        if (patience.attempts === 0) this.#log.warn({ err: error, stream: this.#streams.parked }, 'the parked commands could not be looked at; it is tried again')
        await patience.wait().catch(() => {})
      }
    }
  }

  /** The places in the command stream of all that are parked. */
  async revisions (): Promise<Set<bigint>> {
    const revisions = new Set<bigint>()
    for await (const page of this.#pages()) {
      for (const { command } of page) if (command !== undefined) revisions.add(command.revision)
    }
    return revisions
  }

  async #review (): Promise<void> {
    // Up to here everything has its outcome, and is done when the server has delivered it once more.
    let done: bigint | undefined
    let open = false
    const settle = this.#rescue.round()
    for await (const page of this.#pages()) {
      const left = await settle(page.flatMap(({ command }) => command === undefined ? [] : [command]))
      for (const { place, command } of page) {
        open ||= command !== undefined && left.has(command)
        if (!open) done = place
      }
    }
    if (done !== undefined) await this.#store.replayParked(this.#streams.commands, WORKERS_GROUP, done + 1n)
  }

  async * #pages (): AsyncGenerator<Parked[]> {
    let from: bigint | 'start' = 'start'
    while (!this.#signal.aborted) {
      const page = await this.#store.read(this.#streams.parked, { direction: 'forwards', from, count: PAGE, resolveLinks: true })
      const events = page.kind === 'page' ? page.events : []
      const last = events.at(-1)
      if (last === undefined) return
      yield events.map(({ event, link }) => ({ place: (link ?? event)!.revision, command: link === undefined ? undefined : event }))
      if (events.length < PAGE) return
      from = (last.link ?? last.event)!.revision + 1n
    }
  }
}
