import { randomUUID } from 'node:crypto'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { Store } from '../../lib/store/index.js'
import type { GroupSettings, NewEvent } from '../../lib/store/index.js'
import { recordingLog } from '../harness/recording-log.js'
import type { RecordingLog } from '../harness/recording-log.js'

interface Teardown { teardown (action: () => Promise<unknown>): void }

/** A store for one test. @param callLimit in seconds; short where a test waits for it to pass */
export function openFor (t: Teardown, connectionString: string, callLimit = 10): { store: Store, log: RecordingLog } {
  const log = recordingLog()
  const store = Store.open({ connectionString, callLimit }, log)
  t.teardown(() => store.close())
  return { store, log }
}

/** The official client, to put the store into the states that a test looks at. */
export function operator (t: Teardown, connectionString: string): KurrentDBClient {
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  return client
}

export function thing (value: unknown = {}, id: string = randomUUID()): NewEvent {
  return { id, type: 'Thing', data: Buffer.from(JSON.stringify(value)), metadata: Buffer.from('{"$correlationId":"c"}') }
}

export function things (count: number): NewEvent[] {
  return Array.from({ length: count }, (_, index) => thing({ index }))
}

export function groupSettings (changes: Partial<GroupSettings> = {}): GroupSettings {
  return {
    startFrom: 'start',
    resolveLinkTos: false,
    messageTimeout: 30_000,
    maxRetryCount: 1000,
    checkPointAfter: 500,
    checkPointLowerBound: 1,
    checkPointUpperBound: 100,
    liveBufferSize: 500,
    readBatchSize: 20,
    historyBufferSize: 500,
    strategy: 'RoundRobin',
    ...changes
  }
}

/** The port of a connection string. */
export function portOf (connectionString: string): number {
  return Number(/:(\d+)(?:[/?]|$)/.exec(connectionString)?.[1] ?? 2113)
}
