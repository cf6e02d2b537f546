import { commandOf } from '../outcome/index.js'
import type { RecordedEvent } from '../store/index.js'
import type { AggregateStreams } from './aggregate-stream.js'

/** Command ids kept for a whole search, some 100 bytes each; beyond, it begins anew and reads again. */
const MOST_KEPT = 200_000

/** What was read of an aggregate's stream: all from `low` up to `high`. */
interface Window {
  readonly comIds: Set<string>
  low: bigint
  high: bigint
}

/**
 * Looks for the outcomes of many commands, page by page, and reads no event twice for it: it remembers whose outcomes it has seen.
 * What has an outcome keeps it, so that what is remembered does not age.
 */
export class OutcomeSearch {
  readonly #streams: AggregateStreams
  readonly #mostKept: number
  #windows = new Map<string, Promise<Window>>()
  #kept = 0

  constructor (streams: AggregateStreams, mostKept = MOST_KEPT) {
    this.#streams = streams
    this.#mostKept = mostKept
  }

  /** Those of an aggregate's commands that have no outcome in its stream as it stands now. Rejects when the store is away. */
  async unsettled (aggId: string, comIds: readonly string[]): Promise<Set<string>> {
    if (this.#kept > this.#mostKept) {
      this.#windows = new Map()
      this.#kept = 0
    }
    const before = this.#windows.get(aggId)
    // One after the other for each aggregate: each moves the window on.
    const looked = (async () => {
      const window = await before?.catch(() => undefined) ?? { comIds: new Set<string>(), low: 0n, high: -1n }
      await this.#widen(window, aggId, comIds)
      return window
    })()
    this.#windows.set(aggId, looked)
    const window = await looked
    return new Set(comIds.filter(comId => !window.comIds.has(comId)))
  }

  async #widen (window: Window, aggId: string, comIds: readonly string[]): Promise<void> {
    const complete = (): boolean => comIds.every(comId => window.comIds.has(comId))
    while (window.high >= 0n && !complete()) {
      const young = await this.#streams.records(aggId, 'forwards', window.high + 1n)
      if (young.length === 0) break
      this.#keep(window, young)
      window.high = young.at(-1)!.revision
    }
    while (!complete()) {
      if (window.high >= 0n && window.low === 0n) return
      const old = await this.#streams.records(aggId, 'backwards', window.high < 0n ? 'end' : window.low - 1n)
      this.#keep(window, old)
      if (window.high < 0n) window.high = old[0]?.revision ?? -1n
      window.low = old.at(-1)?.revision ?? 0n
      if (old.length === 0) return
    }
  }

  #keep ({ comIds }: Window, records: readonly RecordedEvent[]): void {
    const before = comIds.size
    for (const record of records) comIds.add(commandOf(record))
    this.#kept += comIds.size - before
  }
}
