import { setMaxListeners } from 'node:events'
import type { AnyAggregate } from '../definition/index.js'
import type { TakenCommand } from '../decision/index.js'
import type { FailedVerdict } from '../outcome/index.js'
import type { Store, StoreLog } from '../store/index.js'
import { AggregateStreams } from './aggregate-stream.js'
import { Announcer } from './announcer.js'
import { Lane } from './lane.js'
import type { LaneTools, Settlement } from './lane.js'
import { OutcomeSearch } from './outcome-search.js'

export interface AggregatorOptions {
  readonly aggregate: AnyAggregate
  readonly store: Store
  readonly log: StoreLog
  /** Aggregates whose state is kept in memory; the least recently used leave. */
  readonly capacity: number
  /** Aggregates whose command ids are kept, as a multiple of the capacity. */
  readonly multiple: number
  /** Write announcements for the original's senders. */
  readonly announce: boolean
}

/** The aggregates of one type at one worker: a lane for each, and what is kept of them in memory. */
export class Aggregator {
  readonly #capacity: number
  readonly #remembered: number
  readonly #tools: LaneTools
  readonly #closing = new AbortController()
  /** Least recently used first. */
  readonly #lanes = new Map<string, Lane>()
  readonly #warm = new Map<string, Lane>()

  constructor ({ aggregate, store, log, capacity, multiple, announce }: AggregatorOptions) {
    // While the store is in trouble every lane waits, and listens to it.
    setMaxListeners(0, this.#closing.signal)
    this.#capacity = capacity
    this.#remembered = capacity * multiple
    this.#tools = {
      aggregate,
      store,
      log,
      streams: new AggregateStreams(aggregate, store),
      announcer: new Announcer(aggregate.commands, store, announce, this.#closing.signal, log),
      signal: this.#closing.signal
    }
  }

  /** How many aggregates are in memory: with their state, and with their command ids. */
  get kept (): { states: number, ids: number } {
    return { states: this.#warm.size, ids: this.#lanes.size }
  }

  /**
   * Brings a command to its outcome, however long the store is away. Rejects only when the worker closes, or by a fault
   * of the product; the command must then not be acknowledged.
   */
  async handle (command: TakenCommand): Promise<Settlement> {
    const lane = this.#touch(command.aggId)
    try {
      return await lane.handle(command)
    } finally {
      this.#shed(lane)
    }
  }

  /** A search for the outcomes of many commands, which remembers what it reads. */
  search (): OutcomeSearch {
    return new OutcomeSearch(this.#tools.streams)
  }

  /** Brings the aggregate's state into memory. */
  async warmUp (aggId: string): Promise<void> {
    const lane = this.#touch(aggId)
    try {
      await lane.warmUp()
    } finally {
      this.#shed(lane)
    }
  }

  /** Fails a command that has no aggregate stream to stand in. Resolves when the verdict stands in the store. */
  async fail (command: { comId: string, aggId?: string, command: string }, verdict: FailedVerdict): Promise<void> {
    await this.#tools.announcer.fail([command], verdict)
  }

  /** Ends all waiting for the store: what has no outcome yet is left to another worker. */
  async close (): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#lanes.values()].map(lane => lane.idle()))
  }

  #touch (aggId: string): Lane {
    const lane = this.#lanes.get(aggId) ?? new Lane(aggId, this.#tools)
    this.#lanes.delete(aggId)
    this.#lanes.set(aggId, lane)
    return lane
  }

  /** Keeps to the bounds. Busy lanes stay: their number is bounded by what the worker holds. */
  #shed (lane: Lane): void {
    this.#warm.delete(lane.aggId)
    if (lane.warm) this.#warm.set(lane.aggId, lane)
    for (const old of excess(this.#warm, this.#capacity)) {
      old.cool()
      this.#warm.delete(old.aggId)
    }
    for (const old of excess(this.#lanes, this.#remembered)) {
      this.#lanes.delete(old.aggId)
      this.#warm.delete(old.aggId)
    }
  }
}

function * excess (lanes: ReadonlyMap<string, Lane>, bound: number): Generator<Lane> {
  let over = lanes.size - bound
  for (const lane of lanes.values()) {
    if (over <= 0) return
    if (lane.busy) continue
    over--
    yield lane
  }
}
