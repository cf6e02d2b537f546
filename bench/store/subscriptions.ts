import { once } from 'node:events'
import { persistentSubscriptionToStreamSettingsFromDefaults } from '@kurrent/kurrentdb-client'
import type { KurrentDBClient, PersistentSubscriptionToStream, ResolvedEvent, StreamSubscription } from '@kurrent/kurrentdb-client'

const GROUP = 'bench'

/** As many unacknowledged messages as a consumer may hold; more changes nothing. */
const GROUP_BUFFER = 64

/** By what events come: a catch-up subscription to their stream, one to their category with links resolved, or a group on the stream. */
export type Source = 'stream' | 'category' | 'group'

export interface Delivery {
  /** What is called for each event, in a group before its acknowledgement. */
  readonly delivered: (event: NonNullable<ResolvedEvent['event']>) => void
  /** How a subscription ends that nobody has ended. */
  readonly failed: (error: unknown) => void
}

/** A category that nobody else uses has one stream. */
export function categoryOf (stream: string): string {
  return `$ce-${stream.slice(0, stream.indexOf('-'))}`
}

/**
 * Subscribes from the start of a stream on.
 * @returns what ends it, once it stands.
 */
export async function subscribe (client: KurrentDBClient, source: Source, stream: string, delivery: Delivery): Promise<() => Promise<void>> {
  return source === 'group' ? await joinGroup(client, stream, delivery) : await follow(client, source, stream, delivery)
}

async function follow (client: KurrentDBClient, source: 'stream' | 'category', stream: string, { delivered, failed }: Delivery): Promise<() => Promise<void>> {
  const subscription = source === 'stream'
    ? client.subscribeToStream(stream)
    : client.subscribeToStream(categoryOf(stream), { resolveLinkTos: true })
  subscription.on('error', failed)
  subscription.on('data', ({ event }: ResolvedEvent) => {
    if (event !== undefined) delivered(event)
  })
  await confirmed(subscription)
  return async () => { await subscription.unsubscribe() }
}

async function joinGroup (client: KurrentDBClient, stream: string, { delivered, failed }: Delivery): Promise<() => Promise<void>> {
  await client.createPersistentSubscriptionToStream(stream, GROUP, persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start' }))
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, GROUP, { bufferSize: GROUP_BUFFER })
  subscription.on('error', failed)
  subscription.on('data', (resolved: ResolvedEvent) => {
    if (resolved.event !== undefined) delivered(resolved.event)
    subscription.ack(resolved).catch(failed)
  })
  await confirmed(subscription)
  return async () => {
    await subscription.unsubscribe()
    await client.deletePersistentSubscriptionToStream(stream, GROUP)
  }
}

async function confirmed (subscription: StreamSubscription | PersistentSubscriptionToStream): Promise<void> {
  await once(subscription as NodeJS.EventEmitter, 'confirmation')
}
