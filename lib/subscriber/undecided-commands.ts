import type { Parking } from '../decision/index.js'
import type { StoreLog } from '../store/index.js'

/** As many are remembered; of more only the log tells. */
const MOST = 1_000

/** Milliseconds between two looks at what other workers have decided meanwhile. */
const LOOK_EVERY = 1_000

/** A command that stands in an aggregate's command stream. */
export interface CommandAddress {
  readonly aggId: string
  readonly comId: string
}

/** Says which of an aggregate's commands have no outcome. */
export type Unsettled = (aggId: string, comIds: readonly string[]) => Promise<ReadonlySet<string>>

/**
 * The commands that this worker has met and cannot decide, wherever it met them: delivered, parked by another worker, or
 * lost by the server. The log tells of each once, with the reason.
 */
export class UndecidedCommands {
  readonly #commands = new Map<string, CommandAddress>()
  readonly #unsettled: Unsettled
  readonly #log: StoreLog
  #looking = false
  #lookedAt = -Infinity

  constructor (unsettled: Unsettled, log: StoreLog) {
    this.#unsettled = unsettled
    this.#log = log
  }

  /** How many there are, as far as is known here. */
  get count (): number {
    return this.#commands.size
  }

  add (command: CommandAddress, name: string, { code, message, error }: Parking): void {
    const key = keyOf(command)
    if (this.#commands.has(key)) return
    if (this.#commands.size < MOST) this.#commands.set(key, command)
    this.#log.warn({ err: error, comId: command.comId, aggId: command.aggId, command: name, code },
      `a command is parked: ${message} It is tried again when a worker starts`)
  }

  delete (command: CommandAddress): void {
    this.#commands.delete(keyOf(command))
  }

  /** Forgets those that have their outcomes by now, from whichever worker. Whoever asks for the count calls it; it takes its time. */
  refresh (): void {
    if (this.#looking || this.#commands.size === 0 || performance.now() - this.#lookedAt < LOOK_EVERY) return
    this.#looking = true
    this.#look()
      .catch(error => { this.#log.debug({ err: error }, 'the parked commands could not be looked at; they count on') })
      .finally(() => {
        this.#lookedAt = performance.now()
        this.#looking = false
      })
  }

  async #look (): Promise<void> {
    const byAggregate = new Map<string, CommandAddress[]>()
    for (const command of this.#commands.values()) byAggregate.set(command.aggId, [...byAggregate.get(command.aggId) ?? [], command])
    // One after the other: nobody waits for it, and the store has other work.
    for (const [aggId, commands] of byAggregate) {
      const open = await this.#unsettled(aggId, commands.map(({ comId }) => comId))
      for (const command of commands) if (!open.has(command.comId)) this.delete(command)
    }
  }
}

function keyOf ({ aggId, comId }: CommandAddress): string {
  return `${aggId}/${comId}`
}
