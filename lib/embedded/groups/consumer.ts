import type { Latencies } from './latencies.js'
import type { Holder, Message } from './message.js'

/** What a group needs of the one who reads from it. */
export interface Receiver {
  /** How many messages it may hold unacknowledged; at least 1. */
  bufferSize: number
  connectionName: string
  username: string
  deliver (message: Message): void
  /** The group is gone, or made anew: no message follows. */
  dropped (): void
}

/** One connection to a group. */
export class Consumer implements Holder {
  readonly receiver: Receiver
  /** Unacknowledged messages, first sent first. */
  readonly held = new Set<Message>()
  readonly latencies: Latencies | undefined
  readonly since: number
  totalItems = 0
  itemsAtLastMeasurement = 0
  /** Slots of messages that were sent but are not tracked; they come back only with the connection's end. */
  leaked = 0

  constructor (receiver: Receiver, since: number, latencies: Latencies | undefined) {
    this.receiver = receiver
    this.since = since
    this.latencies = latencies
  }

  get free (): number {
    return this.receiver.bufferSize - this.held.size - this.leaked
  }
}
