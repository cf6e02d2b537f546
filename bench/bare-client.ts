import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { SliceClock } from './slice.js'
import type { Slice, Way } from './slice.js'

const PARALLEL = 64

/** The official client alone: appends of one JSON event, many in flight, each of these to a stream of its own. */
export class BareClient implements Way {
  readonly name = 'bare client'
  readonly parallel = PARALLEL
  readonly #client: KurrentDBClient
  readonly #streams = Array.from({ length: PARALLEL }, () => `BareClient-${randomUUID()}`)

  constructor (connectionString: string) {
    this.#client = KurrentDBClient.connectionString(connectionString)
  }

  async run (count: number): Promise<Slice> {
    const clock = new SliceClock(this, count)
    let left = clock.amount
    await Promise.all(this.#streams.map(async (stream) => {
      while (left-- > 0) {
        const begin = performance.now()
        await this.#client.appendToStream(stream, jsonEvent({ type: 'Deposit', data: { amount: 0.01 } }))
        clock.answered(performance.now() - begin)
      }
    }))
    return clock.slice()
  }

  async close (): Promise<void> {
    await this.#client.dispose()
  }
}
