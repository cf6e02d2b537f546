import { randomUUID } from 'node:crypto'
import { parseJson, writeMetadata } from '../outcome/index.js'
import type { NewEvent, Store } from '../store/index.js'

const BEGUN = 'SweepAttempt'
const PARKED = 'SweepParked'

/** As many of the youngest entries are looked at; what is older counts no more. */
const LOOK_BACK = 1_000

/**
 * How often commands that the server had lost were taken in hand, by whichever worker: kept in the store, since the server does not count
 * what it does not deliver. A command that takes its worker down each time would else take down one worker after the other for ever.
 */
export class Attempts {
  readonly #stream: string
  readonly #store: Store

  constructor (stream: string, store: Store) {
    this.#stream = stream
    this.#store = store
  }

  /** By the commands' revisions, how often they were begun since they were last parked. */
  async counts (): Promise<ReadonlyMap<bigint, number>> {
    const page = await this.#store.read(this.#stream, { direction: 'backwards', from: 'end', count: LOOK_BACK })
    const events = page.kind === 'page' ? page.events.flatMap(({ event }) => event === undefined ? [] : [event]) : []
    const counts = new Map<bigint, number>()
    for (const event of events.reverse()) {
      const revision = revisionIn(event.data)
      if (revision !== undefined) counts.set(revision, event.type === BEGUN ? (counts.get(revision) ?? 0) + 1 : 0)
    }
    return counts
  }

  /** Resolves when the store knows that they are taken in hand; rejects where it does not say so. */
  async begin (revisions: readonly bigint[]): Promise<void> {
    await this.#write(BEGUN, revisions)
  }

  /** They have ended without an outcome and without harm: what came before counts no more. */
  async park (revisions: readonly bigint[]): Promise<void> {
    await this.#write(PARKED, revisions)
  }

  async #write (type: string, revisions: readonly bigint[]): Promise<void> {
    if (revisions.length === 0) return
    const events = revisions.map((revision): NewEvent => ({
      id: randomUUID(),
      type,
      data: Buffer.from(JSON.stringify({ command: String(revision) })),
      metadata: writeMetadata({})
    }))
    const answer = await this.#store.append(this.#stream, 'any', events)
    if (answer.kind !== 'written') {
      throw new Error(`The attempts of the sweep could not be counted: ${answer.kind}`, { cause: 'error' in answer ? answer.error : undefined })
    }
  }
}

function revisionIn (data: Uint8Array): bigint | undefined {
  const value = parseJson(data)?.value
  const text = value !== null && typeof value === 'object' && 'command' in value ? String(value.command) : ''
  return /^\d+$/.test(text) ? BigInt(text) : undefined
}
