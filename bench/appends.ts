import { jsonEvent } from '@kurrent/kurrentdb-client'
import type { JSONEventData, JSONType, KurrentDBClient } from '@kurrent/kurrentdb-client'
import { CallsOnStreams } from './calls-on-streams.js'
import type { CallsOptions } from './calls-on-streams.js'

/** The official client alone: appends. */
export class Appends extends CallsOnStreams {
  constructor (client: KurrentDBClient, options: CallsOptions) {
    super(client, options, 'BareClient')
  }

  protected async call (stream: string): Promise<void> {
    await this.client.appendToStream(stream, deposits(this.events))
  }
}

/** New events, small as those of a domain mostly are. */
export function deposits (count: number, data: JSONType = { amount: 0.01 }): JSONEventData[] {
  return Array.from({ length: count }, () => jsonEvent({ type: 'Deposit', data }))
}
