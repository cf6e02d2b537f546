import { persistentSubscriptionToStreamSettingsFromDefaults, START, type KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Chance } from '../harness/chance.js'
import { readAll } from './verify.js'

const STREAM = 'feed'
const GROUP = 'eaters'
const CHECKPOINTS = `$persistentsubscription-${STREAM}::${GROUP}-checkpoint`
const PARKED = `$persistentsubscription-${STREAM}::${GROUP}-parked`

/** One in a hundred messages is parked. */
const PARK_PERCENT = 1

/** A group on a stream over all kills, and what its consumers have done. */
export class Group {
  readonly #chance: Chance
  /** Of which the consumer said that it is done with them; the store may not have heard. */
  readonly #acked = new Set<bigint>()
  readonly #delivered = new Set<bigint>()
  #made = false
  #checkpoint = -1n

  constructor (chance: Chance) {
    this.#chance = chance
  }

  get delivered (): number {
    return this.#delivered.size
  }

  get checkpoint (): bigint {
    return this.#checkpoint
  }

  /** Where the group goes on after a restart: never behind anything that was neither done with nor parked. */
  async verifyCheckpoint (client: KurrentDBClient): Promise<void> {
    const last = (await readAll(client, CHECKPOINTS))?.at(-1)?.event?.data
    const checkpoint = typeof last === 'string' ? BigInt(last) : -1n
    if (checkpoint < this.#checkpoint) throw new Error(`The group's checkpoint was ${this.#checkpoint}, and is ${checkpoint}`)
    const parked = new Set((await readAll(client, PARKED))?.map(({ event }) => BigInt(Buffer.from(event!.data as Uint8Array).toString().split('@')[0]!)))
    for (let revision = this.#checkpoint + 1n; revision <= checkpoint; revision++) {
      if (!this.#acked.has(revision) && !parked.has(revision)) throw new Error(`The group's checkpoint ${checkpoint} has passed ${revision}, which nobody is done with`)
    }
    this.#checkpoint = checkpoint
  }

  /** Takes what comes until the connection breaks. */
  async consume (client: KurrentDBClient, killed: () => boolean): Promise<void> {
    try {
      await this.#make(client)
      const subscription = client.subscribeToPersistentSubscriptionToStream(STREAM, GROUP, { bufferSize: 20 })
      let first = true
      for await (const message of subscription) {
        const { revision } = message.event!
        if (first && revision !== this.#checkpoint + 1n) throw new Error(`The group's checkpoint is ${this.#checkpoint}, and it goes on with ${revision}`)
        first = false
        this.#delivered.add(revision)
        if (this.#chance.percent(PARK_PERCENT)) {
          await subscription.nack('park', 'not now', message)
        } else {
          this.#acked.add(revision)
          await subscription.ack(message)
        }
      }
    } catch (error) {
      if (!killed()) throw error
    }
  }

  /** Takes what is left, and resolves when every event of the stream was delivered. */
  async finish (client: KurrentDBClient, events: number): Promise<void> {
    if (events === 0 || this.#delivered.size === events) return
    await this.#make(client)
    const subscription = client.subscribeToPersistentSubscriptionToStream(STREAM, GROUP, { bufferSize: 100 })
    for await (const message of subscription) {
      this.#delivered.add(message.event!.revision)
      await subscription.ack(message)
      if (this.#delivered.size === events) break
    }
    await subscription.unsubscribe()
  }

  async #make (client: KurrentDBClient): Promise<void> {
    if (this.#made) return
    try {
      await client.createPersistentSubscriptionToStream(STREAM, GROUP, persistentSubscriptionToStreamSettingsFromDefaults({
        startFrom: START, checkPointLowerBound: 1, checkPointUpperBound: 7, checkPointAfter: 5
      }))
    } catch (error) {
      // The one that was under way at the last kill may have come about.
      if (!/exists/i.test(String(error))) throw error
    }
    this.#made = true
  }
}
