import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import type { EmbeddedStore } from '../../lib/embedded/index.js'
import { sender, subscriber } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { freePort } from '../harness/free-port.js'
import { until } from '../harness/until.js'
import { newApp, sendersOf } from './apps.js'

const Counter = defineCounter('Counter')

async function embedded (t: { teardown (action: () => Promise<void>): void }, port = 0): Promise<EmbeddedStore> {
  const store = await startEmbeddedStore({ port })
  t.teardown(() => store.stop())
  return store
}

t.test('a store that is away at start is waited for: not ready, 503, and then it works', async (t) => {
  const port = await freePort()
  const { app, lines } = newApp(t)
  await app.register(sender, {
    aggregates: [Counter],
    kurrent: { host: `kurrentdb://127.0.0.1:${port}?tls=false`, callLimit: 1 },
    command: { deadline: 0.05 },
    readinessRoute: true
  })
  await app.register(subscriber, { aggregates: [Counter] })
  await app.ready()
  const ready = await app.inject('/ready')
  t.equal(ready.statusCode, 503)
  t.match(ready.json(), { ready: false, reasons: [/outcomes of Counter do not come yet/, /commands of Counter are not taken/], warnings: [] })
  const url = `/Counter/Start/${randomUUID()}?aggId=${randomUUID()}`
  const refused = await app.inject({ method: 'POST', url, payload: {} })
  t.equal(refused.statusCode, 503)
  t.match(refused.headers['retry-after'], /^\d+$/)
  await until(() => lines.some(({ level, msg }) => level >= 40 && /subscription/i.test(msg)))

  await embedded(t, port)
  await until(async () => (await app.inject('/ready')).statusCode === 200)
  t.strictSame((await app.inject('/ready')).json(), { ready: true, reasons: [], warnings: [] })
  const accepted = await until(async () => {
    const answer = await app.inject({ method: 'POST', url, payload: {} })
    return answer.statusCode === 201 && answer
  })
  t.match(accepted.json(), { revision: 0 })
})

t.test('a store that goes away turns readiness red, until it is back', async (t) => {
  const { app } = newApp(t)
  const first = await embedded(t)
  await app.register(sender, { aggregates: [Counter], kurrent: { host: first.connectionString, callLimit: 1, drainTime: 1 } })
  await app.ready()
  await until(() => app.unistream.readiness().ready)
  await first.stop()
  await until(() => !app.unistream.readiness().ready)
  await embedded(t, first.port)
  await until(() => app.unistream.readiness().ready)
})

t.test('readiness has a route where the options say so, and one for both plugins', async (t) => {
  const store = await embedded(t)
  const kurrent = { host: store.connectionString }
  for (const [readinessRoute, url] of [[true, '/ready'], ['/health', '/health'], [{ url: '/alive' }, '/alive'], [{}, '/ready']] as const) {
    const { app } = newApp(t)
    await app.register(sender, { aggregates: [Counter], kurrent, readinessRoute })
    await app.register(subscriber, { aggregates: [Counter], readinessRoute })
    await until(async () => (await app.inject(url)).statusCode === 200)
    await app.close()
  }
  for (const readinessRoute of [false, undefined]) {
    const { app } = newApp(t)
    await app.register(sender, { aggregates: [Counter], kurrent, readinessRoute })
    t.equal((await app.inject('/ready')).statusCode, 404)
  }
})

t.test('the readiness route takes options', async (t) => {
  const store = await embedded(t)
  const { app } = newApp(t)
  await app.register(subscriber, {
    aggregates: [Counter],
    kurrent: { host: store.connectionString },
    readinessRoute: { url: '/ready', routeOptions: { onRequest: async (_request, reply) => reply.code(403).send('no') } }
  })
  t.equal((await app.inject('/ready')).statusCode, 403)
})

t.test('closed under way, every caller gets the outcome of its command', async (t) => {
  const store = await embedded(t)
  const { app, lines } = newApp(t)
  await app.register(subscriber, { aggregates: [Counter], kurrent: { host: store.connectionString } })
  await app.register(sender, { aggregates: [Counter] })
  await app.ready()
  await until(() => app.unistream.readiness().ready)
  const { Start, Add } = sendersOf(app, 'Counter')
  const aggIds = Array.from({ length: 20 }, () => randomUUID())
  await Promise.all(aggIds.map((aggId) => Start!({ aggId, comId: randomUUID(), command: {} })))
  const sent = aggIds.flatMap((aggId) => Array.from({ length: 10 }, () => Add!({ aggId, comId: randomUUID(), command: { by: 1 } })))
  const closed = app.close()
  const outcomes = await Promise.all(sent)
  t.ok(outcomes.every(({ status }) => status === 'succeeded'))
  await t.rejects(Add!({ aggId: aggIds[0]!, comId: randomUUID(), command: { by: 1 } }), { code: 'UNISTREAM_CLOSING' })
  await closed
  t.strictSame(lines.filter(({ level }) => level >= 40), [])
})

t.test('closed over HTTP: requests under way are answered, and then the server is gone', async (t) => {
  const store = await embedded(t)
  const { app } = newApp(t)
  await app.register(sender, { aggregates: [Counter], kurrent: { host: store.connectionString, drainTime: 0.2 } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  await until(() => app.unistream.readiness().ready)
  const { port } = app.server.address() as AddressInfo
  const comId = randomUUID()
  const request = fetch(`http://127.0.0.1:${port}/Counter/Start/${comId}?aggId=${randomUUID()}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}'
  })
  await until(async () => {
    const status = await app.inject(`/Counter/Start/${comId}?aggId=${randomUUID()}`)
    return status.statusCode === 404
  })
  const [answer] = await Promise.all([request, app.close()])
  t.ok([202, 503].includes(answer.status), 'there is no worker: it is still open, or was not taken')
  await t.rejects(fetch(`http://127.0.0.1:${port}/`))
})

t.test('a store that hangs does not hold up the close for longer than the drain time', async (t) => {
  const store = await embedded(t)
  const { app, lines } = newApp(t)
  await app.register(sender, { aggregates: [Counter], kurrent: { host: store.connectionString, drainTime: 0.3 } })
  await app.register(subscriber, { aggregates: [Counter], kurrent: { drainTime: 0.3 } })
  await app.ready()
  await until(() => app.unistream.readiness().ready)
  store.faults.hang()
  t.teardown(async () => store.faults.resume())
  const { Start } = sendersOf(app, 'Counter')
  const sent = Start!({ aggId: randomUUID(), comId: randomUUID(), command: {} })
  await app.close()
  const outcome = await sent.catch((error: Error) => ({ ...error }))
  t.ok('status' in outcome ? outcome['status'] === 'open' : /^UNISTREAM_(STORE_UNAVAILABLE|CLOSING)$/.test(String((outcome as { code: string }).code)))
  t.ok(lines.some(({ msg }) => /^The sender did not come to its end within 0\.\d+ s$/.test(msg)))
})

t.test('closed before it was ready', async (t) => {
  const store = await embedded(t)
  const { app, lines } = newApp(t)
  await app.register(sender, { aggregates: [Counter], kurrent: { host: store.connectionString } })
  await app.register(subscriber, { aggregates: [Counter] })
  await app.close()
  t.strictSame(lines.filter(({ level }) => level >= 40), [])
})

t.test('a start-up that fails for another reason leaves nothing behind', async (t) => {
  const { app } = newApp(t)
  await app.register(sender, { aggregates: [Counter], kurrent: { host: 'embedded' } })
  app.addHook('onReady', async () => { throw new Error('of my own') })
  await t.rejects(async () => { await app.ready() }, { message: 'of my own' })
  await app.close()
})
