import { randomUUID } from 'node:crypto'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Test } from 'tap'
import type { EmbeddedStoreOptions } from '../../lib/embedded/index.js'
import type { AnyAggregate } from '../../lib/definition/index.js'
import { commandEvent, OutcomeReader, readMetadata, streamNames } from '../../lib/outcome/index.js'
import type { Settled } from '../../lib/outcome/index.js'
import { Store } from '../../lib/store/index.js'
import type { RecordedEvent } from '../../lib/store/index.js'
import { Worker } from '../../lib/subscriber/index.js'
import type { WorkerSettings } from '../../lib/subscriber/index.js'
import { defineCounter } from '../harness/counter.js'
import { recordingLog } from '../harness/recording-log.js'
import type { RecordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'

export const workerSettings: WorkerSettings = {
  messageTimeout: 30,
  buffer: 64,
  drainTime: 5,
  sweep: 'auto',
  announce: false,
  aggregate: () => ({ capacity: 100, multiple: 3, latest: 0 })
}

/** A store, a counter type of its own, and as many workers as a test asks for. */
export async function stage (t: Test, type = uniqueType('Counter'), options: EmbeddedStoreOptions = {}) {
  const server = await openStore(t, options)
  const log = recordingLog()
  const store = Store.open({ connectionString: server.connectionString, callLimit: 3 }, log)
  t.teardown(() => store.close())
  const aggregate = defineCounter(type)
  const streams = streamNames(type)

  return {
    ...server,
    log,
    store,
    type,
    aggregate,
    streams,
    /** A worker with a connection of its own, closed after the test. */
    worker (over: Partial<WorkerSettings> = {}, of: AnyAggregate = aggregate): { worker: Worker, log: RecordingLog, own: Store, close: () => Promise<void> } {
      const log = recordingLog()
      const own = Store.open({ connectionString: server.connectionString, callLimit: 3 }, log)
      const worker = new Worker({ aggregates: [of], store: own, settings: { ...workerSettings, ...over }, log })
      worker.start()
      const close = async () => {
        await worker.close()
        await own.close()
      }
      t.teardown(close)
      return { worker, log, own, close }
    },
    /** Puts a command into the store. */
    async send (aggId: string, command: keyof typeof aggregate.commands.commands, data: unknown, comId: string = randomUUID()): Promise<string> {
      const event = commandEvent(aggregate.commands.commands[command], { aggId, comId }, data)
      await until(async () => (await store.append(streams.commands, 'any', [event])).kind === 'written')
      return comId
    },
    /** The official client, for what operators do. */
    client (): KurrentDBClient {
      const client = KurrentDBClient.connectionString(server.connectionString)
      t.teardown(() => client.dispose())
      return client
    },
    /** All that stands in a stream. */
    async events (stream: string): Promise<RecordedEvent[]> {
      // While a test has the store in trouble, reading is tried again.
      const page = await until(() => store.read(stream, { direction: 'forwards', from: 'start', count: 5000 }).catch(() => undefined))
      return page.kind === 'page' ? page.events.map(({ event }) => event!) : []
    },
    /** The command's outcome, once it stands. */
    outcome (aggId: string, comId: string): Promise<Settled['status']> {
      return until(async () => {
        const reader = new OutcomeReader(aggregate.commands, aggregate.eventByStoredName)
        for (const event of await this.events(streams.aggregate(aggId))) {
          const sighting = reader.take(event)
          if (sighting.kind === 'outcome' && sighting.comId === comId) return sighting.stored.verdict.status
        }
      })
    },
    /** The commands of an aggregate's outcomes, in order. */
    async decided (aggId: string): Promise<string[]> {
      return (await this.events(streams.aggregate(aggId))).map(event => readMetadata(event.metadata).comId ?? event.id)
    },
    /** Until nothing is left for the group to deliver. */
    async drained (): Promise<void> {
      const head = (await this.events(streams.commands)).at(-1)?.revision
      await until(async () => {
        const info = await store.groupInfo(streams.commands, 'UniStream')
        return info !== undefined && info.lastCheckpointed === head && info.outstanding === 0
      })
    }
  }
}
