import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { Account } from '../../example-app/account.js'
import { Transaction } from '../../example-app/transaction.js'
import { commandOf } from '../../lib/outcome/index.js'
import type { SettingsOptions } from '../../lib/settings/index.js'
import { Store } from '../../lib/store/index.js'
import type { RecordedEvent } from '../../lib/store/index.js'
import { spawnApp } from '../harness/processes.js'
import { recordingLog } from '../harness/recording-log.js'
import { until } from '../harness/until.js'

/** What a sender answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** The names that the bank has in the store. They are fixed, so the processes that tests start share a store only by turns. */
export const types = { account: Account.commands.storedName, transaction: Transaction.commands.storedName }

/** Seconds that the processes have for an orderly close. */
export const DRAIN_TIME = 10

const quick: SettingsOptions = { aggregate: { Account: { latest: 0 }, Transaction: { latest: 0 } } }

/** A running sender. */
export class Teller {
  readonly #url: string

  constructor (url: string) {
    this.#url = url
  }

  async send (aggregate: string, command: string, aggId: string, body: unknown, comId: string = randomUUID()): Promise<Answer> {
    return await this.#ask(`/${aggregate}/${command}/${comId}?aggId=${aggId}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body)
    })
  }

  async status (aggregate: string, command: string, aggId: string, comId: string): Promise<Answer> {
    return await this.#ask(`/${aggregate}/${command}/${comId}?aggId=${aggId}`, {})
  }

  async #ask (path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(this.#url + path, init)
    return { status: response.status, headers: response.headers, body: await response.json() as Record<string, unknown> }
  }
}

/** Processes on one store. */
export function bankOn (t: Test, connectionString: string) {
  const store = Store.open({ connectionString, callLimit: 5 }, recordingLog())
  t.teardown(() => store.close())
  const settings = (over: SettingsOptions = {}): SettingsOptions => ({
    ...quick, ...over, kurrent: { host: connectionString, hostname: randomUUID(), drainTime: DRAIN_TIME, ...over.kurrent }
  })
  return {
    store,
    async sender (over: SettingsOptions = {}, { tellRead = false } = {}) {
      const spawned = spawnApp(t, { role: 'sender', tellRead, settings: settings(over) })
      await spawned.said('ready')
      return { ...spawned, teller: new Teller(`http://127.0.0.1:${(await spawned.said('port ')).slice(5)}`) }
    },
    async worker (over: SettingsOptions = {}) {
      const { command: _none, ...forWorker } = settings(over)
      const spawned = spawnApp(t, { role: 'worker', settings: forWorker })
      await spawned.said('ready')
      return spawned
    },
    /** All that stands in a stream. */
    async events (stream: string): Promise<RecordedEvent[]> {
      const events: RecordedEvent[] = []
      for (;;) {
        const page = await until(() => store.read(stream, { direction: 'forwards', from: BigInt(events.length), count: 1000 }).catch(() => undefined))
        if (page.kind !== 'page' || page.events.length === 0) return events
        events.push(...page.events.map(({ event }) => event!))
      }
    },
    /** The commands whose outcomes stand in an aggregate's stream, in order, each as often as it has events. */
    async decided (type: string, aggId: string): Promise<string[]> {
      return (await this.events(`${type}-${aggId}`)).map(commandOf)
    }
  }
}
