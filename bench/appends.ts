import { randomUUID } from 'node:crypto'
import { jsonEvent } from '@kurrent/kurrentdb-client'
import type { JSONEventData, JSONType, KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { CpuTime } from './cpu.js'
import { sliceOfCalls } from './slice.js'
import type { Slice, Way } from './slice.js'

export interface AppendsOptions {
  readonly name: string
  /** JSON events of each append. */
  readonly events: number
  readonly parallel: number
  readonly cpu?: () => CpuTime
}

/** The official client alone: appends, each of those that are in flight at once to a stream of its own. */
export class Appends implements Way {
  readonly name: string
  readonly parallel: number
  readonly cpu?: () => CpuTime
  readonly #client: KurrentDBClient
  readonly #events: number
  readonly #streams: readonly string[]

  constructor (client: KurrentDBClient, { name, events, parallel, cpu }: AppendsOptions) {
    this.name = name
    this.parallel = parallel
    if (cpu !== undefined) this.cpu = cpu
    this.#client = client
    this.#events = events
    this.#streams = Array.from({ length: parallel }, () => `BareClient-${randomUUID()}`)
  }

  async run (count: number): Promise<Slice> {
    return await sliceOfCalls(this, count, (place) => this.#client.appendToStream(this.#streams[place]!, deposits(this.#events)))
  }
}

/** New events, small as those of a domain mostly are. */
export function deposits (count: number, data: JSONType = { amount: 0.01 }): JSONEventData[] {
  return Array.from({ length: count }, () => jsonEvent({ type: 'Deposit', data }))
}
