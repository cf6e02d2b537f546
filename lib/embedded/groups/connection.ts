/** What to do with a message that a consumer could not handle. `stop` is not implemented in the server: it is an ack. */
export type NackAction = 'unknown' | 'park' | 'retry' | 'skip' | 'stop'

/** A consumer's hand on its group. Ids of messages that are not in flight are passed over. */
export interface Connection {
  ack (ids: readonly string[]): void
  nack (action: NackAction, reason: string, ids: readonly string[]): void
  /** The consumer is gone; what it held goes to others at once. */
  close (): void
}
