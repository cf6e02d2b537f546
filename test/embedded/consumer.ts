import { randomUUID } from 'node:crypto'
import {
  jsonEvent, KurrentDBClient, persistentSubscriptionToAllSettingsFromDefaults, persistentSubscriptionToStreamSettingsFromDefaults
} from '@kurrent/kurrentdb-client'
import type {
  AllStreamResolvedEvent, JSONEventType, PersistentSubscriptionToAllSettings, PersistentSubscriptionToStreamInfo,
  PersistentSubscriptionToStreamSettings, ResolvedEvent
} from '@kurrent/kurrentdb-client'
import tap, { type Test } from 'tap'
import { startEmbeddedStore, type EmbeddedStoreOptions } from '../../lib/embedded/index.js'
import { keeping, openStore, type OpenedStore } from '../harness/store.js'
import { until } from '../harness/until.js'

export type Delivered = (ResolvedEvent | AllStreamResolvedEvent) & { retryCount: number }

interface Subscription extends NodeJS.EventEmitter {
  ack (...events: ResolvedEvent[]): Promise<void>
  nack (action: 'park' | 'retry' | 'skip' | 'stop', reason: string, ...events: ResolvedEvent[]): Promise<void>
  unsubscribe (): Promise<void>
}

interface Subscriber { bufferSize?: number, client?: KurrentDBClient }

interface Opened extends OpenedStore {
  client: KurrentDBClient
  /** Another client, closed after the test. */
  another: () => KurrentDBClient
}

interface Common {
  connectionString: string
  client: KurrentDBClient
  /** Where restarts are asked for: the server stops, and another takes its data and its port. */
  restart: () => Promise<void>
}

let common: Promise<Common> | undefined

/**
 * The store that the tests of a file share, and one client to it: the first read of each client takes half a second. For tests
 * that would get on with others on a real server.
 */
export async function open (t: Test): Promise<Opened> {
  const { connectionString, client, restart } = await (common ??= openCommon())
  await restart()
  return { connectionString, client, another: () => connect(t, connectionString) }
}

/** A store for one test, which may do it harm, and a client to it. */
export async function own (t: Test, options: EmbeddedStoreOptions = {}): Promise<Opened> {
  const store = await openStore(t, options)
  const another = () => connect(t, store.connectionString)
  return { ...store, client: another(), another }
}

async function openCommon (): Promise<Common> {
  const ends: Array<() => Promise<void>> = []
  const store = await openStore({ teardown: (end) => { ends.unshift(end) } })
  const client = KurrentDBClient.connectionString(store.connectionString)
  let { embedded } = store
  tap.teardown(async () => {
    await client.dispose()
    await embedded?.stop()
    for (const end of ends) await end()
  })
  let opened = false
  const restart = async (): Promise<void> => {
    const again = opened && keeping === 'restarted'
    opened = true
    if (!again || embedded === undefined) return
    await embedded.stop()
    embedded = await startEmbeddedStore({ port: embedded.port, ...(store.data !== undefined && { data: store.data }) })
    await settled(client)
  }
  return { connectionString: store.connectionString, client, restart }
}

/** After a restart the client's first calls may still fail: of the append and of the read, which have connections of their own. */
async function settled (client: KurrentDBClient): Promise<void> {
  const probe = `probe-${randomUUID()}`
  await until(() => client.appendToStream(probe, numbered(1)).then(() => true, () => false))
  await until(() => eventsOf(client, probe).then(() => true, () => false))
}

function connect (t: Test, connectionString: string): KurrentDBClient {
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  return client
}

export function settings (changes: Partial<PersistentSubscriptionToStreamSettings> = {}): PersistentSubscriptionToStreamSettings {
  return persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start', ...changes })
}

export function allSettings (changes: Partial<PersistentSubscriptionToAllSettings> = {}): PersistentSubscriptionToAllSettings {
  return persistentSubscriptionToAllSettingsFromDefaults({ startFrom: 'start', ...changes })
}

/** Numbered events, from a number on. */
export function numbered (count: number, first = 0, metadata?: Record<string, string>): ReturnType<typeof jsonEvent<JSONEventType>>[] {
  return Array.from({ length: count }, (_, i) => jsonEvent({
    type: 'Numbered',
    data: { number: first + i },
    ...(metadata === undefined ? {} : { metadata })
  }))
}

export function numbers (delivered: readonly Delivered[]): number[] {
  return delivered.map(({ event }) => (event?.data as { number: number }).number)
}

/** What a promise rejects with; nothing when it does not. */
export async function rejection (promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => undefined, (error: unknown) => error)
}

/** The events that stand in a stream, first to last. */
export async function eventsOf (client: KurrentDBClient, stream: string): Promise<ResolvedEvent[]> {
  const events: ResolvedEvent[] = []
  for await (const event of client.readStream(stream)) events.push(event)
  return events
}

/** Waits until what a group tells of itself is as wanted. */
export async function untilInfo (
  client: KurrentDBClient, stream: string, group: string, wanted: (info: PersistentSubscriptionToStreamInfo) => boolean
): Promise<PersistentSubscriptionToStreamInfo> {
  return await until(async () => {
    const info = await client.getPersistentSubscriptionToStreamInfo(stream, group)
    return wanted(info) && info
  })
}

/** One consumer of a group, by the official client. It acknowledges nothing by itself. */
export class Consumer {
  readonly delivered: Delivered[] = []
  /** How the subscription ended; pending as long as it stands. */
  readonly ended: Promise<Error | undefined>
  readonly subscription: Subscription
  #confirmed = false
  #error: Error | undefined
  #over = false
  #wake: () => void = () => {}

  private constructor (subscription: Subscription) {
    this.subscription = subscription
    this.ended = new Promise((resolve) => {
      const end = (error?: Error): void => {
        this.#error ??= error
        this.#over = true
        resolve(error)
        this.#wake()
      }
      subscription.on('error', end)
      subscription.on('end', () => { end() })
    })
    subscription.on('confirmation', () => {
      this.#confirmed = true
      this.#wake()
    })
    subscription.on('data', (event: Delivered) => {
      this.delivered.push(event)
      this.#wake()
    })
  }

  /** Resolves once the subscription is confirmed, rejects with what it ends with before that. */
  static async join (t: Test, client: KurrentDBClient, stream: string, group: string, { bufferSize = 10 }: Subscriber = {}): Promise<Consumer> {
    return await Consumer.#joined(t, client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize }))
  }

  static async joinAll (t: Test, client: KurrentDBClient, group: string, { bufferSize = 10 }: Subscriber = {}): Promise<Consumer> {
    return await Consumer.#joined(t, client.subscribeToPersistentSubscriptionToAll(group, { bufferSize }))
  }

  static async #joined (t: Test, subscription: unknown): Promise<Consumer> {
    const consumer = new Consumer(subscription as Subscription)
    t.teardown(() => consumer.leave())
    await consumer.#until(() => consumer.#confirmed)
    return consumer
  }

  /** Resolves with all that was delivered once that is so many. */
  async received (count: number): Promise<Delivered[]> {
    await this.#until(() => this.delivered.length >= count)
    return this.delivered
  }

  /** Acknowledges the first so many of a subscription, waiting for them. */
  async handle (count: number): Promise<Delivered[]> {
    const handled: Delivered[] = []
    while (handled.length < count) {
      const [...next] = (await this.received(handled.length + 1)).slice(handled.length, count)
      await this.ack(...next)
      handled.push(...next)
    }
    return handled
  }

  async ack (...events: Delivered[]): Promise<void> {
    await this.subscription.ack(...events as ResolvedEvent[])
  }

  async nack (action: 'park' | 'retry' | 'skip' | 'stop', reason: string, ...events: Delivered[]): Promise<void> {
    await this.subscription.nack(action, reason, ...events as ResolvedEvent[])
  }

  async leave (): Promise<void> {
    if (!this.#over) await this.subscription.unsubscribe().catch(() => {})
  }

  async #until (reached: () => boolean): Promise<void> {
    while (!reached()) {
      if (this.#over) throw this.#error ?? new Error('The subscription has ended')
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }
}
