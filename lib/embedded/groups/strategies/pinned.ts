import type { Consumer } from '../consumer.js'
import { correlationId, UnreadableMetadata } from '../correlation.js'
import { hash } from '../hash.js'
import { NO_BUCKET } from '../message.js'
import type { Message } from '../message.js'
import { sourceStream } from '../../streams/link.js'
import type { Choice, Strategy } from './strategy.js'

const BUCKETS = 1024

interface Bucket {
  owner: Consumer | undefined
  /** How many of its messages are in flight, with whomever. */
  inFlight: number
}

/**
 * Messages of one source stream go to one consumer as long as it stays: they fall into 1024 buckets by the stream's
 * hash, and each bucket that was ever used belongs to a consumer.
 */
export class Pinned implements Strategy {
  #buckets: Bucket[] = Array.from({ length: BUCKETS }, () => ({ owner: undefined, inFlight: 0 }))
  #owned = new Map<Consumer, Set<Bucket>>()

  /** The newcomer gets what others own above an even share, the buckets with the least in flight first. */
  join (consumer: Consumer): void {
    const mine = new Set<Bucket>()
    let assigned = 0
    for (const theirs of this.#owned.values()) assigned += theirs.size
    const share = Math.ceil(assigned / (this.#owned.size + 1))
    for (const theirs of this.#owned.values()) {
      const idlest = [...theirs].sort((a, b) => a.inFlight - b.inFlight)
      for (const bucket of idlest.slice(0, Math.max(0, theirs.size - share))) {
        theirs.delete(bucket)
        mine.add(bucket)
        bucket.owner = consumer
      }
    }
    this.#owned.set(consumer, mine)
  }

  leave (consumer: Consumer): void {
    for (const bucket of this.#owned.get(consumer) ?? []) bucket.owner = undefined
    this.#owned.delete(consumer)
  }

  choose (message: Message): Choice {
    let owner: Consumer | undefined
    try {
      owner = this.#owner(message)
    } catch (error) {
      if (error instanceof UnreadableMetadata) return 'stuck'
      throw error
    }
    if (owner === undefined) return 'full'
    return owner.free > 0 ? owner : 'skipped'
  }

  boundTo (message: Message): Consumer | undefined {
    try {
      return this.#owner(message)
    } catch (error) {
      if (error instanceof UnreadableMetadata) return undefined
      throw error
    }
  }

  sent (message: Message): void {
    this.#bucket(message).inFlight++
  }

  released (message: Message): void {
    this.#bucket(message).inFlight--
  }

  /** What decides the bucket of a message. */
  protected key (message: Message): string {
    return sourceStream(message.subject)
  }

  #bucket (message: Message): Bucket {
    if (message.bucket === NO_BUCKET) message.bucket = hash(this.key(message)) % BUCKETS
    return this.#buckets[message.bucket] as Bucket
  }

  #owner (message: Message): Consumer | undefined {
    const bucket = this.#bucket(message)
    if (bucket.owner !== undefined) return bucket.owner
    let least: [Consumer, Set<Bucket>] | undefined
    for (const entry of this.#owned) {
      if (least === undefined || entry[1].size < least[1].size) least = entry
    }
    least?.[1].add(bucket)
    bucket.owner = least?.[0]
    return bucket.owner
  }
}

/** As {@link Pinned}, by the correlation id in the metadata; by the source stream where there is none. */
export class PinnedByCorrelation extends Pinned {
  protected override key (message: Message): string {
    return correlationId(message.subject.metadata) ?? super.key(message)
  }
}
