import { randomUUID } from 'node:crypto'
import { ANY, KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Test } from 'tap'
import type { EmbeddedStoreOptions } from '../../lib/embedded/index.js'
import { streamNames, successEvents, verdictEvent } from '../../lib/outcome/index.js'
import type { FailedVerdict, RefusedVerdict } from '../../lib/outcome/index.js'
import { AggregateSender } from '../../lib/sender/index.js'
import type { SenderSettings, SendResult } from '../../lib/sender/index.js'
import { storedSize } from '../../lib/sender/append-queue.js'
import { Store } from '../../lib/store/index.js'
import type { Expected, NewEvent, RecordedEvent } from '../../lib/store/index.js'
import { Worker } from '../../lib/subscriber/index.js'
import { defineCounter, events } from '../harness/counter.js'
import { recordingLog } from '../harness/recording-log.js'
import type { RecordingLog } from '../harness/recording-log.js'
import { openRelay } from '../harness/relay.js'
import type { Relay } from '../harness/relay.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'

export const senderSettings: SenderSettings = {
  interval: 15,
  deadline: 60,
  inFlight: 10_000,
  waiters: 10_000,
  batchCount: 500,
  batchBytes: 900 * 1024,
  drain: 0.1
}

/** So late that no test sees it. */
export const NEVER = 3_600

export interface SendingOptions {
  hostname?: string
  /** Seconds. */
  callLimit?: number
  /** Seconds. */
  lookAfter?: number
}

export interface Sending {
  readonly sender: AggregateSender
  readonly log: RecordingLog
  /** Between this sender and the store. */
  readonly relay: Relay
  send (command: string, aggId: string, comId: string, data: unknown, deadline?: number): Promise<SendResult>
  /** Orderly, with its connection. */
  close (): Promise<void>
}

/** A store, a counter type of its own, and as many senders and workers as a test asks for. */
export async function stage (t: Test, options: EmbeddedStoreOptions = {}, type = uniqueType('Counter')) {
  const server = await openStore(t, options)
  const store = Store.open({ connectionString: server.connectionString, callLimit: 10 }, recordingLog())
  t.teardown(() => store.close())
  const aggregate = defineCounter(type)
  const { commands } = aggregate
  const streams = streamNames(type)
  const port = Number(new URL(server.connectionString.replace(/^[^:]+/, 'http')).port)

  return {
    ...server,
    store,
    type,
    commands,
    streams,
    /** A started sender with a connection of its own. */
    async sender (over: Partial<SenderSettings> = {}, { hostname = randomUUID() as string, callLimit = 10, lookAfter }: SendingOptions = {}, prepare: (own: Store) => void = () => {}): Promise<Sending> {
      const log = recordingLog()
      const relay = await openRelay(port)
      const own = Store.open({ connectionString: relay.connectionString(server.connectionString), callLimit }, log)
      prepare(own)
      const sender = new AggregateSender({
        commands,
        store: own,
        settings: { ...senderSettings, ...over },
        hostname,
        log,
        eventByStoredName: aggregate.eventByStoredName,
        ...(lookAfter !== undefined && { lookAfter })
      })
      sender.start()
      const close = async (): Promise<void> => {
        await sender.close()
        await own.close()
        await relay.close()
      }
      t.teardown(close)
      return {
        sender,
        log,
        relay,
        send: (command, aggId, comId, data, deadline) =>
          sender.send(command, { aggId, comId, command: data, ...(deadline !== undefined && { deadline }) }),
        close
      }
    },
    async readySender (over: Partial<SenderSettings> = {}, options: SendingOptions = {}, prepare?: (own: Store) => void): Promise<Sending> {
      const sending = await this.sender(over, options, prepare)
      await until(() => sending.sender.readiness().ready)
      return sending
    },
    /** A ready sender whose appends to the command stream are listed as they leave. */
    async watchedSender (over: Partial<SenderSettings>, options: SendingOptions = {}): Promise<Sending & { appends: Array<{ events: number, bytes: number }> }> {
      const appends: Array<{ events: number, bytes: number }> = []
      const append = Store.prototype.append
      const sending = await this.readySender(over, options, own => {
        own.append = (stream, expected, appended) => {
          if (stream === streams.commands) appends.push({ events: appended.length, bytes: appended.reduce((sum, event) => sum + storedSize(event), 0) })
          return append.call(own, stream, expected, appended)
        }
      })
      return { ...sending, appends }
    },
    /** A ready sender whose connections break once, while it reads down a stream. */
    async interruptedSender (stream: string, pages: number): Promise<Sending & { broken: () => boolean }> {
      let left = pages
      const between: { relay?: Relay } = {}
      const read = Store.prototype.read
      const sending = await this.readySender({}, {}, own => {
        own.read = (of, options) => {
          if (of === stream && --left === 0) between.relay!.cut()
          return read.call(own, of, options)
        }
      })
      between.relay = sending.relay
      return { ...sending, broken: () => left <= 0 }
    },
    /** Deletes a stream for ever. */
    async tombstone (stream: string): Promise<void> {
      const client = KurrentDBClient.connectionString(server.connectionString)
      await client.tombstoneStream(stream, { expectedRevision: ANY })
      await client.dispose()
    },
    /** A real worker with a connection of its own. */
    worker (announce = false): { close: () => Promise<void> } {
      const log = recordingLog()
      const own = Store.open({ connectionString: server.connectionString, callLimit: 10 }, log)
      const worker = new Worker({
        aggregates: [aggregate],
        store: own,
        settings: {
          messageTimeout: 30, buffer: 64, drainTime: 5, sweep: 'auto', announce, aggregate: () => ({ capacity: 100, multiple: 3, latest: 0 })
        },
        log
      })
      worker.start()
      const close = async (): Promise<void> => {
        await worker.close()
        await own.close()
      }
      t.teardown(close)
      return { close }
    },
    /** Appends, whatever trouble the store is in. */
    async append (stream: string, appended: readonly NewEvent[], expected: Expected = 'any'): Promise<void> {
      await until(async () => (await store.append(stream, expected, appended)).kind === 'written')
    },
    /** The worker's part, by hand: the command succeeded. */
    async succeed (command: keyof typeof commands.commands, aggId: string, comId: string, data: unknown, added: number[]): Promise<void> {
      const definition = commands.commands[command]
      const cause = { aggId, comId, command: definition.storedName, fingerprint: definition.fingerprint(data) }
      await this.append(streams.aggregate(aggId),
        successEvents(cause, added.map(by => ({ definition: aggregate.events.Added, data: events.Added({ by }).data }))))
    },
    /** The worker's part, by hand: the command was refused, or can never be processed. */
    async deny (
      command: keyof typeof commands.commands, aggId: string, comId: string, data: unknown, verdict: RefusedVerdict | FailedVerdict
    ): Promise<void> {
      const definition = commands.commands[command]
      const cause = { aggId, comId, command: definition.storedName, fingerprint: definition.fingerprint(data) }
      await this.append(streams.aggregate(aggId), [verdictEvent(cause, commands.refusedName, verdict)])
    },
    /** All that stands in a stream. */
    async events (stream: string): Promise<RecordedEvent[]> {
      const page = await store.read(stream, { direction: 'forwards', from: 'start', count: 20_000 })
      return page.kind === 'page' ? page.events.map(({ event }) => event!) : []
    },
    /** The ids in the command stream, in order. */
    async sent (): Promise<string[]> {
      return (await this.events(streams.commands)).map(({ id }) => id)
    },
    /** Until the command stands in the command stream. */
    async taken (comId: string, times = 1): Promise<void> {
      await until(async () => (await this.sent()).filter(id => id === comId).length >= times)
    }
  }
}
