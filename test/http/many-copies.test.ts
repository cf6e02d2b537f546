import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { sender } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { until } from '../harness/until.js'
import { openStage } from './stage.js'

const COPIES = 1000

t.test(`one command sent ${COPIES} times at once, by two senders: one event, and ${COPIES} equal answers`, async (t) => {
  const { app, store, type, aggId } = await openStage(t)
  const other = fastify()
  t.teardown(() => other.close())
  await other.register(sender, { aggregates: [defineCounter(type).commands], kurrent: { host: store.connectionString, hostname: randomUUID(), drainTime: 2 } })
  await other.ready()
  await until(() => other.unistream.readiness().ready)

  const comId = randomUUID()
  const request = { method: 'POST', url: `/${type}/Start/${comId}?aggId=${aggId}`, payload: {} } as const
  const answers = await Promise.all(Array.from({ length: COPIES }, (_, n) => (n % 2 === 0 ? app : other).inject(request)))
  t.equal(answers.length, COPIES)
  t.same([...new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`))],
    [`201 ${JSON.stringify({ aggregate: type, aggId, comId, revision: 0 })}`])

  const client = KurrentDBClient.connectionString(store.connectionString)
  t.teardown(() => client.dispose())
  const events: unknown[] = []
  for await (const { event } of client.readStream(`${type}-${aggId}`)) events.push(event)
  t.match(events, [{ type: 'Started', metadata: { $causationId: comId } }])
  t.equal(events.length, 1)
})
