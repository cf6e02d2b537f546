import { Writable } from 'node:stream'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { sender, subscriber } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'

/** A line of an application's log. */
export type LogLine = Record<string, unknown> & { level: number, msg: string }

/** An application that closes after the test, and what it has logged. */
export function newApp (t: Test): { app: FastifyInstance, lines: LogLine[] } {
  const lines: LogLine[] = []
  const stream = new Writable({
    write (chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString().trim().split('\n').map((line) => JSON.parse(line) as LogLine))
      done()
    }
  })
  const app = fastify({ logger: { level: 'debug', stream } })
  t.teardown(() => app.close())
  return { app, lines }
}

/** Sets variables of the environment for one test. */
export function setEnvironment (t: Test, variables: Record<string, string>): void {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  t.teardown(() => {
    for (const name of Object.keys(variables)) delete process.env[name]
    Object.assign(process.env, before)
  })
}

/** A command of a counter, without types: a test's definitions are nobody's but its own. */
export type SendCounter = (request: { aggId: string, comId: string, command: unknown, deadline?: number }) => Promise<Record<string, unknown>>

export function sendersOf (app: FastifyInstance, type: string): Record<string, SendCounter> {
  return (app.unistream as unknown as Record<string, Record<string, SendCounter>>)[type]!
}

/** A sender and a worker whose settings come from the environment alone; in the variables' names COUNTER is the type's. */
export async function openWith (t: Test, variables: Record<string, string>, { worker = true } = {}) {
  const { connectionString, embedded } = await openStore(t)
  const Counter = defineCounter(uniqueType('Counter'))
  const type = Counter.commands.name
  const named = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name.replace('COUNTER', type.toUpperCase()), value]))
  setEnvironment(t, { KURRENT_HOST: connectionString, ...named })
  const { app } = newApp(t)
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  await app.register(sender, { aggregates: [Counter.commands] })
  if (worker) await app.register(subscriber, { aggregates: [Counter] })
  await app.ready()
  await until(() => app.unistream.readiness().ready)
  const { Start, Add, Refuse } = sendersOf(app, type)
  return { app, client, embedded, type, Start: Start!, Add: Add!, Refuse: Refuse! }
}
