import { randomUUID } from 'node:crypto'
import { parseJson, writeMetadata } from '../outcome/index.js'
import type { NewEvent, RecordedEvent, Store } from '../store/index.js'

const BEGUN = 'SweepAttempt'
const ALONE = 'SolitaryAttempt'
const PARKED = 'SweepParked'

/** As many of the youngest entries are looked at; what is older counts no more. */
const LOOK_BACK = 1_000
/** Of solitary attempts, which are read once, and beside which each of many suspects leaves entries. */
const LOOK_FAR_BACK = 10_000
const PAGE = 1_000

/**
 * How often workers have taken a command in hand, kept in the store since the server does not count it. It counts deliveries, but
 * not of what it has lost or parked; and a delivery that came to no end says little of a command, since others were beside it
 * when its worker died: of one that was handled alone it says all.
 */
export class Attempts {
  readonly #stream: string
  readonly #store: Store
  /** Solitary attempts, by the commands' revisions. What other workers do meanwhile is read at the next start, which a poison brings about. */
  #alone: Promise<Map<bigint, number>> | undefined

  constructor (stream: string, store: Store) {
    this.#stream = stream
    this.#store = store
  }

  /** By the commands' revisions, how often those that the server does not deliver were begun since they were last parked. */
  async begun (): Promise<ReadonlyMap<bigint, number>> {
    return count(await this.#entries(LOOK_BACK), BEGUN)
  }

  /** How often the command was begun alone since it was last parked. */
  async solitary (revision: bigint): Promise<number> {
    return (await this.#solitary()).get(revision) ?? 0
  }

  /** Resolves when the store knows that they are taken in hand; rejects where it does not say so. */
  async begin (revisions: readonly bigint[]): Promise<void> {
    await this.#write(BEGUN, revisions)
  }

  /** As {@link begin}, of a command that is handled with no other beside it. */
  async beginAlone (revision: bigint): Promise<void> {
    const alone = await this.#solitary()
    await this.#write(ALONE, [revision])
    alone.set(revision, (alone.get(revision) ?? 0) + 1)
  }

  /** They have ended without an outcome and without harm: what came before counts no more. */
  async park (revisions: readonly bigint[]): Promise<void> {
    await this.#write(PARKED, revisions)
    const alone = await this.#alone
    for (const revision of revisions) alone?.delete(revision)
  }

  #solitary (): Promise<Map<bigint, number>> {
    this.#alone ??= this.#entries(LOOK_FAR_BACK).then(entries => count(entries, ALONE)).catch((error: unknown) => {
      this.#alone = undefined
      throw error
    })
    return this.#alone
  }

  /** The youngest entries, oldest first. */
  async #entries (most: number): Promise<RecordedEvent[]> {
    const entries: RecordedEvent[] = []
    let from: bigint | 'end' = 'end'
    while (entries.length < most) {
      const page = await this.#store.read(this.#stream, { direction: 'backwards', from, count: PAGE })
      const events = page.kind === 'page' ? page.events.flatMap(({ event }) => event === undefined ? [] : [event]) : []
      entries.push(...events)
      const oldest = events.at(-1)
      if (oldest === undefined || oldest.revision === 0n || events.length < PAGE) break
      from = oldest.revision - 1n
    }
    return entries.reverse()
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
      throw new Error(`The attempts at commands could not be counted: ${answer.kind}`, { cause: 'error' in answer ? answer.error : undefined })
    }
  }
}

function count (entries: readonly RecordedEvent[], counted: string): Map<bigint, number> {
  const counts = new Map<bigint, number>()
  for (const { type, data } of entries) {
    const revision = revisionIn(data)
    if (revision === undefined) continue
    if (type === counted) counts.set(revision, (counts.get(revision) ?? 0) + 1)
    else if (type === PARKED) counts.delete(revision)
  }
  return counts
}

function revisionIn (data: Uint8Array): bigint | undefined {
  const value = parseJson(data)?.value
  const text = value !== null && typeof value === 'object' && 'command' in value ? String(value.command) : ''
  return /^\d+$/.test(text) ? BigInt(text) : undefined
}
