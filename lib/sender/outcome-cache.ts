import type { StoredOutcome } from '../outcome/index.js'

/** What is remembered of a command that this node had in hand. */
export interface Remembered {
  readonly aggId: string
  /** Stored name of the command that was sent, while no outcome is known. */
  readonly sent?: string
  /** Missing while none is known: the command was sent to the store, and its callers left. */
  readonly stored?: StoredOutcome
}

interface Entry extends Remembered {
  readonly at: number
  readonly bytes: number
}

/**
 * The commands that this node had in hand, and their outcomes, for a time, up to a number and up to a size: the oldest leave
 * first. It saves work and decides nothing, since an outcome does not change and the store has them all.
 */
export class OutcomeCache {
  readonly #age: number
  readonly #mostCommands: number
  readonly #mostBytes: number
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor ({ minutes, mostCommands = 100_000, mostBytes = 64 * 1024 * 1024, now = () => performance.now() }: {
    minutes: number, mostCommands?: number, mostBytes?: number, now?: () => number
  }) {
    this.#age = minutes * 60_000
    this.#mostCommands = mostCommands
    this.#mostBytes = mostBytes
    this.#now = now
  }

  get size (): number {
    return this.#entries.size
  }

  get (comId: string): Remembered | undefined {
    this.#expire()
    return this.#entries.get(comId)
  }

  /**
   * The command may be in the store.
   * @param sent its stored name
   */
  tried (comId: string, aggId: string, sent: string): void {
    if (this.get(comId)?.stored === undefined) this.#put(comId, { aggId, sent })
  }

  settled (comId: string, aggId: string, stored: StoredOutcome): void {
    this.#put(comId, { aggId, stored })
  }

  #put (comId: string, remembered: Remembered): void {
    this.#remove(comId)
    const bytes = ENTRY_BYTES + sizeOf(remembered.stored)
    this.#entries.set(comId, { ...remembered, bytes, at: this.#now() })
    this.#bytes += bytes
    this.#expire()
  }

  /** A map keeps the order of insertion, and what is put again is inserted anew: so the first entries are the oldest. */
  #expire (): void {
    const oldest = this.#now() - this.#age
    for (const [comId, entry] of this.#entries) {
      if (entry.at > oldest && this.#entries.size <= this.#mostCommands && this.#bytes <= this.#mostBytes) return
      this.#remove(comId)
    }
  }

  #remove (comId: string): void {
    const entry = this.#entries.get(comId)
    if (entry === undefined) return
    this.#entries.delete(comId)
    this.#bytes -= entry.bytes
  }
}

/** About what an entry without its data takes. */
const ENTRY_BYTES = 400

function sizeOf (stored: StoredOutcome | undefined): number {
  if (stored === undefined) return 0
  const { verdict } = stored
  const data = verdict.status === 'succeeded' ? verdict.events : [verdict.message, verdict.details]
  return JSON.stringify(data).length * 2
}
