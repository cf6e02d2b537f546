import type { Consumer } from './consumer.js'
import type { GroupSettings } from './settings.js'

/** One consumer, as the group's information tells of it. */
export interface ConnectionInfo {
  username: string
  connectionName: string
  averageItemsPerSecond: number
  totalItems: number
  countSinceLastMeasurement: number
  availableSlots: number
  inFlightMessages: number
  measurements: { key: string, value: bigint }[]
}

/** What a group tells of itself. */
export interface GroupInfo {
  stream: string
  group: string
  status: string
  settings: GroupSettings
  /** `0`, `-1` for the end, or another position, in the source's words. */
  startFrom: string
  averagePerSecond: number
  totalItems: number
  /** Items since somebody last asked. */
  countSinceLastMeasurement: number
  /** In the source's words; empty when there is none. */
  lastCheckpointedEventPosition: string
  /** In the source's words; empty when there is none. */
  lastKnownEventPosition: string
  readBufferCount: number
  liveBufferCount: number
  retryBufferCount: number
  totalInFlightMessages: number
  outstandingMessagesCount: number
  parkedMessageCount: bigint
  connections: ConnectionInfo[]
}

/** The flags of a group's status, in the order of their values in the real server. */
export interface StatusFlags {
  ready: boolean
  live: boolean
  reading: boolean
  replaying: boolean
}

/** The status as the real server prints its flags. */
export function statusText ({ ready, live, reading, replaying }: StatusFlags): string {
  if (!ready) return 'NotReady'
  const flags: string[] = []
  if (!live) flags.push('Behind')
  if (reading) flags.push('OutstandingPageRequest')
  if (replaying) flags.push('ReplayingParkedMessages')
  if (live) flags.push('Live')
  return flags.join(', ')
}

/** How much a group has sent. */
export class Throughput {
  readonly #since: number
  #itemsAtLastMeasurement = 0

  constructor (since: number) {
    this.#since = since
  }

  /** Counts anew what was sent since the last time. */
  measure (totalItems: number, now: number): Pick<GroupInfo, 'averagePerSecond' | 'totalItems' | 'countSinceLastMeasurement'> {
    const countSinceLastMeasurement = totalItems - this.#itemsAtLastMeasurement
    this.#itemsAtLastMeasurement = totalItems
    return { averagePerSecond: perSecond(totalItems, this.#since, now), totalItems, countSinceLastMeasurement }
  }
}

/** What a consumer did so far. Counts anew what it did since the last time. */
export function measure (consumer: Consumer, now: number): ConnectionInfo {
  const countSinceLastMeasurement = consumer.totalItems - consumer.itemsAtLastMeasurement
  consumer.itemsAtLastMeasurement = consumer.totalItems
  return {
    username: consumer.receiver.username,
    connectionName: consumer.receiver.connectionName,
    averageItemsPerSecond: perSecond(consumer.totalItems, consumer.since, now),
    totalItems: consumer.totalItems,
    countSinceLastMeasurement,
    availableSlots: consumer.free,
    inFlightMessages: consumer.held.size,
    measurements: consumer.latencies?.measurements() ?? [],
  }
}

/** Whole items a second between two moments, given in milliseconds. */
function perSecond (items: number, since: number, now: number): number {
  return now > since ? Math.floor(items * 1000 / (now - since)) : 0
}
