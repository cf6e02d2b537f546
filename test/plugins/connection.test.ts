import { randomUUID } from 'node:crypto'
import { KurrentDBClient, persistentSubscriptionToStreamSettingsFromDefaults } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { sender, subscriber } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { newApp, sendersOf, setEnvironment } from './apps.js'

const Counter = defineCounter('Counter')
const NOWHERE = 'kurrentdb://127.0.0.1:1?tls=false'

t.test('sender and worker of one application have one connection, closed last', async (t) => {
  const { connectionString, embedded } = await openStore(t)
  const own = defineCounter(uniqueType('Counter'))
  for (const subscriberFirst of [true, false]) {
    const { app, lines } = newApp(t)
    const kurrent = { host: connectionString }
    const registrations = [
      () => app.register(sender, { aggregates: [own.commands], kurrent }),
      () => app.register(subscriber, { aggregates: [own], kurrent })
    ]
    for (const register of subscriberFirst ? registrations.reverse() : registrations) await register()
    await app.ready()
    const aggId = randomUUID()
    t.match(await sendersOf(app, own.commands.name)['Start']!({ aggId, comId: randomUUID(), command: {} }), { status: 'succeeded' })
    t.equal(lines.filter(({ msg }) => msg === 'The store').length, 1)
    await app.close()
    // Of an older server it is said what it can lose.
    t.strictSame(lines.filter(({ level, msg }) => level >= 40 && !/^this server can lose commands/.test(String(msg))), [])
  }
  if (embedded !== undefined) t.pass('nothing of it was cut off')
})

t.test('a plugin without a host takes the connection that stands', async (t) => {
  setEnvironment(t, { KURRENT_HOST: 'elsewhere.example' })
  const { app } = newApp(t)
  await app.register(sender, { aggregates: [Counter], kurrent: { host: NOWHERE, callLimit: 3 } })
  await app.register(subscriber, { aggregates: [Counter], kurrent: { buffer: 5 } })
  await app.ready()
})

t.test('settings of one connection that differ are an error', async (t) => {
  const client = KurrentDBClient.connectionString(NOWHERE)
  t.teardown(() => client.dispose())
  const cases = [
    [{ host: NOWHERE }, { host: 'kurrentdb://127.0.0.1:2?tls=false' }, 'host'],
    [{ host: 'a' }, { host: 'a', user: 'u', pass: 'secret-p' }, 'user'],
    [{ host: 'a', user: 'u', pass: 'secret-p' }, { host: 'a', user: 'u', pass: 'secret-q' }, 'pass'],
    [{ host: NOWHERE }, { verifyCert: false }, 'verifyCert'],
    [{ host: NOWHERE }, { host: NOWHERE, callLimit: 3 }, 'callLimit'],
    [{ host: NOWHERE }, { client }, 'client'],
    [{ client }, { host: NOWHERE }, 'client'],
  ] as const
  for (const [first, second, name] of cases) {
    const { app } = newApp(t)
    await app.register(sender, { aggregates: [Counter], kurrent: first })
    await t.rejects(async () => { await app.register(subscriber, { aggregates: [Counter], kurrent: second }) },
      { code: 'UNISTREAM_CONNECTION_CONFLICT', message: new RegExp(`differ in ${name}$`) })
  }
})

t.test('a given client is used by both plugins, and never disposed', async (t) => {
  const { connectionString } = await openStore(t)
  const own = defineCounter(uniqueType('Counter'))
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  const { app, lines } = newApp(t)
  await app.register(sender, { aggregates: [own.commands], kurrent: { client } })
  await app.register(subscriber, { aggregates: [own] })
  await app.ready()
  const aggId = randomUUID()
  t.match(await sendersOf(app, own.commands.name)['Start']!({ aggId, comId: randomUUID(), command: {} }), { status: 'succeeded' })
  t.notOk(lines.some(({ msg }) => msg === 'The store'), 'none of its own')

  const group = uniqueType('group')
  await client.createPersistentSubscriptionToStream(own.commands.storedName, group, persistentSubscriptionToStreamSettingsFromDefaults())
  const subscription = client.subscribeToPersistentSubscriptionToStream(own.commands.storedName, group)
  let ended = false
  subscription.on('error', () => { ended = true }).on('end', () => { ended = true })
  await new Promise((resolve) => subscription.once('confirmation', resolve))
  await app.close()
  const info = await client.getPersistentSubscriptionToStreamInfo(own.commands.storedName, group)
  t.equal(info.connections.length, 1)
  t.notOk(ended, 'what else it does goes on')
  await subscription.unsubscribe()
})

t.test('embedded: a store in this process, said aloud, for all that is registered here, and gone with the application', async (t) => {
  const { app, lines } = newApp(t)
  await app.register(subscriber, { aggregates: [Counter], kurrent: { host: 'embedded', user: 'u', pass: 'p' } })
  await app.register(sender, { aggregates: [Counter], events: true })
  await app.ready()
  const aggId = randomUUID()
  const outcome = await sendersOf(app, 'Counter')['Start']!({ aggId, comId: randomUUID(), command: {} })
  t.match(outcome, { status: 'succeeded', revision: 0n })
  const said = lines.find(({ msg }) => msg.startsWith('The store is embedded'))
  t.match(said, { level: 40, msg: /in memory: what is in it is gone/, port: Number })
  await app.close()
  const gone = KurrentDBClient.connectionString(`kurrentdb://127.0.0.1:${String(said!['port'])}?tls=false`)
  t.teardown(() => gone.dispose())
  await t.rejects(gone.getPersistentSubscriptionToStreamInfo('Counter', 'UniStream'))
})

t.test('two applications with embedded stores share nothing', async (t) => {
  const aggId = randomUUID()
  for (const { app } of [newApp(t), newApp(t)]) {
    await app.register(sender, { aggregates: [Counter], kurrent: { host: 'embedded' } })
    await app.register(subscriber, { aggregates: [Counter] })
    await app.ready()
    t.match(await sendersOf(app, 'Counter')['Start']!({ aggId, comId: randomUUID(), command: {} }), { status: 'succeeded', revision: 0n })
  }
})

t.test('a certificate check that is off is warned about, and no secret is in the log', async (t) => {
  for (const kurrent of [
    { host: 'kurrentdb://127.0.0.1:1', user: 'ann', pass: 'pa55w0rd', verifyCert: false },
    { host: 'kurrentdb://ann:pa55w0rd@127.0.0.1:1?tlsVerifyCert=false' }
  ]) {
    const { app, lines } = newApp(t)
    await app.register(sender, { aggregates: [Counter], kurrent: { ...kurrent, callLimit: 0.3 }, readinessRoute: true })
    await app.register(subscriber, { aggregates: [Counter] })
    await app.ready()
    t.match(lines.filter(({ level }) => level === 40)[0], { msg: /certificate of the store is not verified \(kurrent\.verifyCert, KURRENT_VERIFY_CERT\)/ })
    await until(() => lines.some(({ msg }) => /subscription/i.test(msg)))
    const ready = await app.inject('/ready')
    t.equal(ready.statusCode, 503)
    const command = await app.inject({ method: 'POST', url: `/Counter/Start/${randomUUID()}?aggId=${randomUUID()}`, payload: {} })
    t.equal(command.statusCode, 503)
    await app.close()
    t.notMatch(JSON.stringify(lines) + ready.body + command.body, /pa55w0rd|YW5uOnBhNTV3MHJk/)
  }
})

t.test('without that there is no warning', async (t) => {
  const { app, lines } = newApp(t)
  await app.register(sender, { aggregates: [Counter], kurrent: { host: NOWHERE, verifyCert: false } })
  t.match(lines.find(({ msg }) => msg === 'The store'), { hosts: '127.0.0.1:1', tls: false })
  t.notOk(lines.some(({ level }) => level >= 40))
})
