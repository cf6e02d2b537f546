import { randomUUID } from 'node:crypto'
import { binaryEvent, jsonEvent, type EventData } from '@kurrent/kurrentdb-client'
import type { Chance } from '../harness/chance.js'

/** What a client tried to append at once. */
export interface Attempt {
  readonly events: readonly EventData[]
  /** Revision before its first event, where the writer demanded one; -1n for a new stream. */
  readonly after: bigint | undefined
  /** `open` until somebody knows: it was under way when the store was killed. */
  fate: 'open' | 'confirmed' | 'gone'
  /** Of the last event, once confirmed. */
  revision: bigint
  position: bigint | undefined
}

/** A stream, and all that was tried on it. */
export interface StreamHistory {
  readonly name: string
  readonly attempts: Attempt[]
}

/** What a writer wanted to make the metadata's number. */
export interface MetadataHistory {
  readonly stream: string
  confirmed: number
  /** Not answered. */
  open: number | undefined
}

export interface Deletion {
  readonly stream: string
  readonly kind: 'soft' | 'tombstone'
  fate: 'open' | 'confirmed' | 'gone'
}

/** All that is known of what a store must hold. */
export class History {
  readonly streams = new Map<string, StreamHistory>()
  readonly metadata: MetadataHistory[] = []
  readonly deletions: Deletion[] = []

  stream (name: string): StreamHistory {
    let found = this.streams.get(name)
    if (found === undefined) this.streams.set(name, found = { name, attempts: [] })
    return found
  }

  get confirmedEvents (): number {
    let sum = 0
    for (const { attempts } of this.streams.values()) {
      for (const { fate, events } of attempts) if (fate === 'confirmed') sum += events.length
    }
    return sum
  }
}

export function attempt (events: readonly EventData[], after?: bigint): Attempt {
  return { events, after, fate: 'open', revision: -1n, position: undefined }
}

/** Some events, mostly small, of both kinds. */
export function someEvents (chance: Chance, most: number): EventData[] {
  return Array.from({ length: 1 + chance.below(most) }, () => someEvent(chance, chance.percent(3) ? 40_000 : 300))
}

function someEvent (chance: Chance, mostBytes: number): EventData {
  const length = chance.below(mostBytes)
  if (chance.percent(50)) return jsonEvent({ id: randomUUID(), type: 'Told', data: { text: 'ß'.repeat(length / 2), n: chance.below(1e9) }, metadata: { $correlationId: randomUUID() } })
  // The client makes a value of metadata that happen to be JSON.
  const metadata = chance.percent(30) ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0xff]), chance.bytes(chance.below(40))])
  return binaryEvent({ id: randomUUID(), type: 'Sent', data: chance.bytes(length), metadata })
}

/** So many events that the client sends them in several messages. */
export function manyEvents (chance: Chance): EventData[] {
  const filling = chance.bytes(1000)
  return Array.from({ length: 40 }, () => binaryEvent({ id: randomUUID(), type: 'Filled', data: Buffer.concat([chance.bytes(8), ...Array.from({ length: 90 }, () => filling)]) }))
}
