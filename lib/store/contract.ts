/** How a stream must stand for an append: anything, no such stream, or exactly this last revision. */
export type Expected = 'any' | 'no_stream' | bigint

/** An event to be appended, as JSON. One without data is stored as binary: of JSON that is none the server's projections make no links. */
export interface NewEvent {
  /** A UUID. By it the store knows a repetition. */
  id: string
  /** The stored event type. */
  type: string
  /** JSON text in UTF-8; may be empty. */
  data: Uint8Array
  /** JSON text in UTF-8, an object; may be empty. */
  metadata: Uint8Array
}

/**
 * What became of an append.
 *
 * - `written`: it stands in the store; `revision` is that of the append's last event, also when the store knew the events
 *   already and wrote nothing.
 * - `conflict`: nothing was written, since the stream does not stand as expected. With `any` the store answers this when it
 *   knows some of the append's events and does not know others.
 * - `deleted`: nothing was written, since the stream is tombstoned.
 * - `rejected`: surely not written, and the same append would be rejected again.
 * - `unavailable`: surely not written: refused before it could be. May be tried again.
 * - `unknown`: time limit or lost connection; nobody knows, and the store may still execute it.
 */
export type AppendAnswer =
  | { kind: 'written', revision: bigint }
  | { kind: 'conflict', current: bigint | 'no_stream' }
  | { kind: 'deleted' }
  | { kind: 'rejected', reason: 'too_large' | 'access_denied' | 'invalid', error: Error }
  | { kind: 'unavailable', error: Error }
  | { kind: 'unknown', error: Error }

/** An event as it stands in a stream. */
export interface RecordedEvent {
  stream: string
  revision: bigint
  id: string
  type: string
  /** When the store took it, in milliseconds since 1970. */
  created: number
  /** Whether it was stored as `application/json`; says nothing about whether the data is well-formed. */
  json: boolean
  data: Uint8Array
  metadata: Uint8Array
}

/** An event and, where it was reached by a link, the link. `event` is missing where the link leads nowhere. */
export interface ResolvedEvent {
  event?: RecordedEvent
  link?: RecordedEvent
}

export interface ReadOptions {
  direction: 'forwards' | 'backwards'
  /** Inclusive. */
  from: bigint | 'start' | 'end'
  /** How many events at most; at least 1. */
  count: number
  /** Follow links to their targets; off unless said. */
  resolveLinks?: boolean
}

/**
 * `page`: `head` is the stream's last revision by the answer itself, known also when no event is visible any more; undefined
 * where the server did not say. `no_stream`: never written, or soft-deleted. `deleted`: tombstoned.
 */
export type ReadPage =
  | { kind: 'page', events: ResolvedEvent[], head: bigint | undefined }
  | { kind: 'no_stream' }
  | { kind: 'deleted' }

export type ConsumerStrategy = 'RoundRobin' | 'PinnedByCorrelation'

/** The settings of a persistent subscription group. */
export interface GroupSettings {
  /** The first event that the group delivers; used when it is made. */
  startFrom: 'start' | 'end' | bigint
  resolveLinkTos: boolean
  /** Milliseconds until an unacknowledged message is delivered again. */
  messageTimeout: number
  /** Retries until a message is parked. */
  maxRetryCount: number
  /** Milliseconds. */
  checkPointAfter: number
  checkPointLowerBound: number
  checkPointUpperBound: number
  /** Unbounded unless said. */
  maxSubscriberCount?: number
  liveBufferSize: number
  readBatchSize: number
  /** Must be more than `readBatchSize`. */
  historyBufferSize: number
  strategy: ConsumerStrategy
}

/** A group as the server describes it. */
export interface GroupInfo {
  /** Flags as a text, for instance `Live` or `Behind, OutstandingPageRequest`. */
  status: string
  /** The last revision that needs no delivery any more, checkpointed. */
  lastCheckpointed?: bigint
  /** The last revision of the stream that the group knows of. */
  lastKnown?: bigint
  /** Messages in the group's parked stream. */
  parked: bigint
  /** Consumers connected now. */
  connections: number
  /** Messages delivered and not yet acknowledged, or waiting to be delivered again. */
  outstanding: number
  settings: Omit<GroupSettings, 'strategy'> & { strategy: string }
}

/** A group among others. */
export interface NamedGroup extends GroupInfo {
  stream: string
  group: string
}

/** A message of a persistent subscription. */
export interface Delivery extends ResolvedEvent {
  /** What to acknowledge it by: the link's id where there is a link. */
  ackId: string
  /** How often it was delivered before, as the server counts (not across its restarts). */
  retryCount: number
}

export interface SubscribeOptions {
  stream: string
  group: string
  /** The group is made with these where it does not exist. */
  settings: GroupSettings
  /** How many unacknowledged messages this subscription may hold. */
  bufferSize: number
  /** Called each time that the server has confirmed the subscription. */
  onConfirmed?: () => void
  onDelivery: (delivery: Delivery) => void
  /** Called each time that the subscription is lost or an attempt to make it fails. It is tried again in any case. */
  onLost?: (error: SubscriptionError) => void
}

/** What kind of trouble a subscription is in. `full`: the group has its maximum of subscribers. */
export type SubscriptionTrouble = 'full' | 'access_denied' | 'no_group' | 'dropped' | 'deleted' | 'timeout' | 'ended' | 'unavailable' | 'unknown'

/** Why a subscription does not stand. */
export interface SubscriptionError extends Error {
  readonly trouble: SubscriptionTrouble
}

export type NackAction = 'park' | 'retry' | 'skip'

/** A supervised subscription: once made, it is taken up again for ever until it is stopped. */
export interface Subscription {
  /** Confirmed by the server and not lost since. */
  readonly standing: boolean
  /** Why it does not stand; undefined while it does. */
  readonly lastError: SubscriptionError | undefined
  /** Acknowledges by `ackId`. What is acknowledged in one tick travels in one message; while nothing stands it is dropped, and the server delivers again. */
  ack (ids: string | readonly string[]): void
  nack (action: NackAction, reason: string, ids: string | readonly string[]): void
  /** Ends the call and takes the subscription up again: the server delivers once more what it holds to be unacknowledged. */
  renew (): void
  /** Sends the acks that wait and ends the subscription, in bounded time. */
  stop (): Promise<void>
}

/** Whether the `$by_category` projection, which fills the `$ce-` streams, does its work. */
export type CategoryProjection = 'running' | 'stopped' | 'missing' | 'unknown'

export interface StoreSettings {
  /** A `kurrentdb://` or `kurrentdb+discover://` connection string. */
  connectionString: string
  /** Seconds for one call to the store. */
  callLimit: number
  /** What the server calls this connection; a random one unless said. */
  connectionName?: string
}

/** Where the store's own doings are logged: a Fastify logger fits. */
export interface StoreLog {
  debug (details: object, message: string): void
  info (details: object, message: string): void
  warn (details: object, message: string): void
  error (details: object, message: string): void
}
