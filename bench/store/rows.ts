import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { Appends } from '../appends.js'
import type { CpuTime } from '../cpu.js'
import type { Way } from '../slice.js'
import { BacklogDeliveries, LiveDeliveries } from './deliveries.js'
import { Reads } from './reads.js'
import type { Source } from './subscriptions.js'

/** A way to use a store, with what it needs before its first slice and after its last. */
export interface StoreWay extends Way {
  open?(): Promise<void>
  close?(): Promise<void>
}

/** Something to measure on each store. */
export interface Row {
  /** By which it can be asked for. */
  readonly key: string
  readonly title: string
  readonly kind: 'append' | 'read' | 'delivery'
  /** How many events each of those has that a slice counts. */
  readonly events: number
  readonly way: (client: KurrentDBClient, measured: { readonly name: string, readonly cpu: () => CpuTime }) => StoreWay
}

/** What is measured on disk beside memory for a target: single events, as many in flight as a busy client has. */
export const DISK_TARGET_ROW = 'append-1x64'

/** Of the calls that are not many in flight, the read has its own trouble. */
export const READS_ONE_BY_ONE: readonly string[] = ['read-10', 'read-1000']

const SOURCES: Readonly<Record<Source, string>> = {
  stream: 'catch-up, stream',
  category: 'catch-up, $ce- resolved',
  group: 'persistent, buffer 64'
}

export const ROWS: readonly Row[] = [
  appends(1, 1), appends(1, 64), appends(10, 1), appends(10, 8), appends(100, 1), appends(100, 8),
  reads(10, 1), reads(10, 32), reads(1000, 1), reads(1000, 8),
  ...deliveries('live', LiveDeliveries),
  ...deliveries('backlog', BacklogDeliveries)
]

function appends (events: number, parallel: number): Row {
  return {
    ...named('append', events, parallel),
    kind: 'append',
    way: (client, measured) => new Appends(client, { ...measured, events, parallel })
  }
}

function reads (events: number, parallel: number): Row {
  return {
    ...named('read', events, parallel),
    kind: 'read',
    way: (client, measured) => new Reads(client, { ...measured, events, parallel })
  }
}

function named (verb: string, events: number, parallel: number): Pick<Row, 'key' | 'title' | 'events'> {
  return {
    key: `${verb}-${events}${parallel === 1 ? '' : `x${parallel}`}`,
    title: `${verb} ${events}, ${parallel === 1 ? 'one at a time' : `${parallel} in flight`}`,
    events
  }
}

function deliveries (when: string, Kind: typeof LiveDeliveries | typeof BacklogDeliveries): Row[] {
  return Object.entries(SOURCES).map(([source, title]) => ({
    key: `${when}-${source}`,
    title: `${when}: ${title}`,
    kind: 'delivery' as const,
    events: 1,
    way: (client, measured) => new Kind(client, { ...measured, source: source as Source })
  }))
}
