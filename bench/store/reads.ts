import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { deposits } from '../appends.js'
import { CallsOnStreams } from '../calls-on-streams.js'
import type { CallsOptions } from '../calls-on-streams.js'

/** Events of an append that makes the streams. */
const BATCH = 100

/** Reads of whole streams. */
export class Reads extends CallsOnStreams {
  /** @param options how many events each stream has, and how many reads are in flight */
  constructor (client: KurrentDBClient, options: CallsOptions) {
    super(client, options, 'BenchRead')
  }

  /** Makes the streams. */
  async open (): Promise<void> {
    await Promise.all(this.streams.map(async (stream) => {
      for (let made = 0; made < this.events; made += BATCH) {
        await this.client.appendToStream(stream, deposits(Math.min(BATCH, this.events - made)))
      }
    }))
  }

  protected async call (stream: string): Promise<void> {
    let events = 0
    for await (const { event } of this.client.readStream(stream, { maxCount: this.events })) {
      if (event !== undefined) events++
    }
    if (events !== this.events) throw new Error(`A read of ${this.events} events brought ${events}`)
  }
}
