import { randomUUID } from 'node:crypto'
import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { deposits } from '../appends.js'
import type { AppendsOptions } from '../appends.js'
import type { CpuTime } from '../cpu.js'
import { sliceOfCalls } from '../slice.js'
import type { Slice, Way } from '../slice.js'

/** Events of an append that makes the streams. */
const BATCH = 100

/** Reads of whole streams, each of those that are in flight at once of a stream of its own. */
export class Reads implements Way {
  readonly name: string
  readonly parallel: number
  readonly cpu?: () => CpuTime
  readonly #client: KurrentDBClient
  readonly #events: number
  readonly #streams: readonly string[]

  /**
   * @param options how many events each stream has, and how many reads are in flight.
   */
  constructor (client: KurrentDBClient, { name, events, parallel, cpu }: AppendsOptions) {
    this.name = name
    this.parallel = parallel
    if (cpu !== undefined) this.cpu = cpu
    this.#client = client
    this.#events = events
    this.#streams = Array.from({ length: parallel }, () => `BenchRead-${randomUUID()}`)
  }

  /** Makes the streams. */
  async open (): Promise<void> {
    await Promise.all(this.#streams.map(async (stream) => {
      for (let made = 0; made < this.#events; made += BATCH) {
        await this.#client.appendToStream(stream, deposits(Math.min(BATCH, this.#events - made)))
      }
    }))
  }

  async run (count: number): Promise<Slice> {
    return await sliceOfCalls(this, count, (place) => this.#read(this.#streams[place]!))
  }

  async #read (stream: string): Promise<void> {
    let events = 0
    for await (const { event } of this.#client.readStream(stream, { maxCount: this.#events })) {
      if (event !== undefined) events++
    }
    if (events !== this.#events) throw new Error(`A read of ${this.#events} events brought ${events}`)
  }
}
