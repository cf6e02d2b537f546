import type { LogRecord, Resolved } from '../log/record.js'
import type { Latencies } from './latencies.js'

/** Who holds a message, as far as that is the message's business. */
export interface Holder {
  readonly held: Set<Message>
  readonly latencies: Latencies | undefined
}

/** The bucket of a message for which none was worked out yet. */
export const NO_BUCKET = -1

/** An event on its way through a group, from its being read to its being finished. */
export class Message {
  /** What is given out. */
  readonly resolved: Resolved
  /** The record that stands in the source: the link when there is one. */
  readonly original: LogRecord
  /** What consumers ack by: the link's id when there is a link. */
  readonly id: string
  /** Where the message stands in the group's source. */
  readonly position: bigint
  /** Where the one before it stands, for a checkpoint that has to stop there; nothing before the first. */
  previous: bigint | undefined
  /** Whether it comes from the parked messages and not from the source, so that no checkpoint knows it. */
  readonly replayed: boolean
  retryCount = 0
  /** Its place among the messages to be tried again: they go out by ascending rank. */
  rank = 0n
  bucket = NO_BUCKET
  /** Nothing is left to be done with it: the checkpoint may pass it. */
  finished = false
  holder: Holder | undefined
  /** When it was last given out, in milliseconds of the group's clock. */
  sentAt = 0

  constructor (resolved: Resolved, position: bigint, previous: bigint | undefined, replayed: boolean) {
    const original = resolved.link ?? resolved.event
    if (original === undefined) throw new TypeError('A message is of an event or of a link')
    this.resolved = resolved
    this.original = original
    this.id = original.id
    this.position = position
    this.previous = previous
    this.replayed = replayed
  }

  /** The record that the message is about: the link only where its target could not be had. */
  get subject (): LogRecord {
    return this.resolved.event ?? this.original
  }
}
