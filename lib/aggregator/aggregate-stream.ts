import type { AnyAggregate } from '../definition/index.js'
import { emptyView, isBelow, movedTo, replay } from '../decision/index.js'
import type { Found, View } from '../decision/index.js'
import { commandOf, streamNames } from '../outcome/index.js'
import type { ReadPage, RecordedEvent, ResolvedEvent, Store } from '../store/index.js'
import { Gate } from './gate.js'
import { Places } from './places.js'

const PAGE = 500
/** Events from a place on at which an outcome is known to stand: those of the commands before it stand there too, as a rule. */
const NEIGHBOURS = 64

/** Readings of aggregates' streams side by side; more would only queue at the store. */
const READINGS = 32

/** Reads the streams of one type's aggregates. Rejects when the store is away. */
export class AggregateStreams {
  readonly #aggregate: AnyAggregate
  readonly #store: Store
  readonly #gate = new Gate(READINGS)
  readonly #places = new Places()
  readonly #name: (aggId: string) => string

  constructor (aggregate: AnyAggregate, store: Store) {
    this.#aggregate = aggregate
    this.#store = store
    this.#name = streamNames(aggregate.commands.storedName).aggregate
  }

  name (aggId: string): string {
    return this.#name(aggId)
  }

  /** Events of an aggregate from a place on; none where there are none, for whatever reason. */
  records (aggId: string, direction: 'forwards' | 'backwards', from: bigint | 'end'): Promise<readonly RecordedEvent[]> {
    return this.#gate.pass(async () => (await this.#page(aggId, direction, from, PAGE)).records)
  }

  /** The view moved on to the stream's end; from an empty view, the whole aggregate. */
  load (aggId: string, from: View = emptyView(this.#aggregate)): Promise<View | 'tombstoned'> {
    return this.#gate.pass(() => this.#load(aggId, from))
  }

  async #load (aggId: string, from: View): Promise<View | 'tombstoned'> {
    let view = from
    for (;;) {
      const page = await this.#store.read(this.#name(aggId), {
        direction: 'forwards', from: view.revision === 'no_stream' ? 'start' : view.revision + 1n, count: PAGE
      })
      if (page.kind === 'deleted') return 'tombstoned'
      // Never written, or soft-deleted: in both cases the aggregate begins anew.
      if (page.kind === 'no_stream') return emptyView(this.#aggregate)
      const records = recordsOf(page.events)
      view = replay(this.#aggregate, view, records)
      if (records.length === 0) return page.head === undefined ? view : movedTo(view, page.head)
      if (page.head === undefined ? records.length < PAGE : view.revision === page.head) return view
    }
  }

  /**
   * Looks for the outcomes of these commands, from the stream's end, since those that are asked for again are mostly
   * young. What it does not find stands nowhere in the stream up to the head that it tells.
   */
  find (aggId: string, comIds: Iterable<string>): Promise<{ found: Found, head: View['revision'] }> {
    return this.#gate.pass(() => this.#find(aggId, comIds))
  }

  async #find (aggId: string, comIds: Iterable<string>): Promise<{ found: Found, head: View['revision'] }> {
    const found = new Map<string, RecordedEvent | undefined>([...comIds].map(comId => [comId, undefined]))
    const take = (record: RecordedEvent): void => {
      const comId = commandOf(record)
      if (found.has(comId) && found.get(comId) === undefined) found.set(comId, record)
    }
    const missing = (): string[] => [...found.keys()].filter(comId => found.get(comId) === undefined)

    for (const comId of missing().sort((a, b) => Number((this.#places.of(aggId, b) ?? -1n) - (this.#places.of(aggId, a) ?? -1n)))) {
      const from = this.#places.of(aggId, comId)
      if (from === undefined || found.get(comId) !== undefined) continue
      for (const record of (await this.#page(aggId, 'backwards', from, NEIGHBOURS)).records) take(record)
    }
    if (missing().length === 0) return { found, head: (await this.#page(aggId, 'backwards', 'end', 1)).top }

    let head: View['revision'] | undefined
    let from: bigint | 'end' = 'end'
    while (missing().length > 0) {
      const { kind, records, top } = await this.#page(aggId, 'backwards', from, PAGE)
      // A page that begins lower than it was asked for comes from a node that is behind: nobody has looked between.
      if (head === undefined || kind === 'no_stream' || (from !== 'end' && records.length > 0 && isBelow(top, from))) head = top
      for (const record of records) {
        take(record)
        this.#places.note(aggId, commandOf(record), record.revision)
      }
      const last = records.at(-1)
      if (last === undefined || last.revision === 0n) break
      from = last.revision - 1n
    }
    return { found, head: head ?? 'no_stream' }
  }

  /** The events themselves tell best up to where they were seen: a page backwards to its first one, which is `top`. */
  async #page (aggId: string, direction: 'forwards' | 'backwards', from: bigint | 'end', count: number): Promise<{
    kind: ReadPage['kind'], records: readonly RecordedEvent[], top: View['revision']
  }> {
    const page = await this.#store.read(this.#name(aggId), { direction, from, count })
    const records = page.kind === 'page' ? recordsOf(page.events) : []
    return { kind: page.kind, records, top: records[0]?.revision ?? (page.kind === 'page' ? page.head : undefined) ?? 'no_stream' }
  }
}

function recordsOf (events: readonly ResolvedEvent[]): RecordedEvent[] {
  return events.flatMap(({ event }) => event === undefined ? [] : [event])
}
