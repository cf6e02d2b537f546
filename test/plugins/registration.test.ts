import { randomUUID } from 'node:crypto'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import fastify from 'fastify'
import t from 'tap'
import senderDefault, { fastifyUnistreamSender } from '../../plugins/sender.js'
import subscriberDefault, { fastifyUnistreamSubscriber } from '../../plugins/subscriber.js'
import { sender, subscriber } from '../../lib/index.js'
import type { SenderOptions, SubscriberOptions } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { newApp, sendersOf, setEnvironment } from './apps.js'

const Counter = defineCounter('Counter')
const NOWHERE = 'kurrentdb://127.0.0.1:1?tls=false'

t.test('the plugins have their names, and both kinds of export', async (t) => {
  t.equal(senderDefault, sender)
  t.equal(fastifyUnistreamSender, sender)
  t.equal(subscriberDefault, subscriber)
  t.equal(fastifyUnistreamSubscriber, subscriber)
  const { app } = newApp(t)
  await app.register(sender, { aggregates: [Counter.commands], kurrent: { host: NOWHERE } })
  await app.register(subscriber, { aggregates: [Counter] })
  t.ok(app.hasPlugin('fastify-unistream-sender'))
  t.ok(app.hasPlugin('fastify-unistream-subscriber'))
  t.ok(app.hasPlugin('fastify-unistream-kurrent'))
})

t.test('a typed sender resolves to what has become of the command, and throws where it was not accepted', async (t) => {
  const { connectionString } = await openStore(t)
  const own = defineCounter(uniqueType('Counter'))
  const type = own.commands.name
  const { app } = newApp(t)
  await app.register(sender, { aggregates: [own.commands], kurrent: { host: connectionString } })
  await app.register(subscriber, { aggregates: [own] })
  await app.ready()
  await until(() => app.unistream.readiness().ready)
  const aggId = randomUUID()
  const comId = randomUUID()
  const { Start, Add } = sendersOf(app, type)
  const outcome = await Start!({ aggId, comId, command: {} })
  t.strictSame(outcome, { status: 'succeeded', aggregate: type, aggId, comId, revision: 0n, events: [{ type: 'Started', data: {} }] })
  t.match(await Add!({ aggId, comId: randomUUID(), command: { by: -1 } }), { status: 'refused', code: 'BELOW_ZERO' })
  await t.rejects(Add!({ aggId, comId: 'x', command: { by: '1', more: 1 } }), { code: 'UNISTREAM_COMMAND_INVALID', faults: Array })
  await t.rejects(Add!({ aggId, comId, command: { by: 1 } }), { code: 'UNISTREAM_COMMAND_ID_REUSED' })
  t.notOk('Nothing' in sendersOf(app, type))
  t.throws(() => { (sendersOf(app, type) as Record<string, unknown>)['Start'] = 1 }, TypeError)
})

t.test('a sender that is given the aggregate tells events by the names that they have in code', async (t) => {
  const { connectionString } = await openStore(t)
  const own = defineCounter(uniqueType('Counter'))
  const { app } = newApp(t)
  await app.register(sender, { aggregates: [own], kurrent: { host: connectionString }, events: true })
  await app.register(subscriber, { aggregates: [own] })
  await app.ready()
  const outcome = await sendersOf(app, own.commands.name)['Start']!({ aggId: randomUUID(), comId: randomUUID(), command: {} })
  t.match(outcome, { status: 'succeeded', events: [{ type: 'Started' }] })
})

t.test('a second registration is an error', async (t) => {
  for (const [plugin, options] of [[sender, { aggregates: [Counter.commands] }], [subscriber, { aggregates: [Counter] }]] as const) {
    const { app } = newApp(t)
    const withHost = { ...options, kurrent: { host: NOWHERE } } as SenderOptions & SubscriberOptions
    await app.register(plugin as typeof sender, withHost)
    await t.rejects(async () => { await app.register(plugin as typeof sender, withHost) }, { code: 'UNISTREAM_ALREADY_REGISTERED' })
  }
})

t.test('in places of their own, there may be two', async (t) => {
  const { app } = newApp(t)
  for (const prefix of ['/a', '/b']) {
    await app.register(async (scope) => {
      await scope.register(sender, { aggregates: [Counter.commands], prefix: '/bank', kurrent: { host: NOWHERE } })
    }, { prefix })
  }
  await app.ready()
  t.ok(app.hasRoute({ method: 'POST', url: '/a/bank/Counter/Start/:comId' }))
  t.ok(app.hasRoute({ method: 'POST', url: '/b/bank/Counter/Start/:comId' }))
  t.notOk(app.hasDecorator('unistream'))
})

t.test('options that are unknown or malformed stop start-up by name', async (t) => {
  const other = defineCounter('Other')
  const cases: Array<[unknown, string, RegExp]> = [
    [{}, 'UNISTREAM_SETTING_INVALID', /aggregates is empty: expected a list of at least one/],
    [{ aggregates: [] }, 'UNISTREAM_SETTING_INVALID', /aggregates is empty/],
    [{ aggregates: Counter.commands }, 'UNISTREAM_SETTING_INVALID', /aggregates is empty/],
    [{ aggregates: [Counter, {}] }, 'UNISTREAM_SETTING_INVALID', /aggregates\[1\] is object: expected what define/],
    [{ aggregates: ['Counter'] }, 'UNISTREAM_SETTING_INVALID', /aggregates\[0\] is string/],
    [{ aggregates: [null] }, 'UNISTREAM_SETTING_INVALID', /aggregates\[0\]/],
    [{ aggregates: [Counter, Counter] }, 'UNISTREAM_SETTING_INVALID', /two aggregate types called Counter/],
    [{ aggregates: [Counter, { ...other, commands: { ...other.commands, storedName: 'Counter' } }] }, 'UNISTREAM_SETTING_INVALID', /two aggregate types called Counter/],
    [{ aggregates: [Counter], agregate: {} }, 'UNISTREAM_SETTING_UNKNOWN', /agregate: expected one of aggregates, kurrent/],
    [{ aggregates: [Counter], kurrent: 'store' }, 'UNISTREAM_SETTING_INVALID', /kurrent is string: expected an object/],
    [{ aggregates: [Counter], kurrent: null }, 'UNISTREAM_SETTING_INVALID', /kurrent is object/],
    [{ aggregates: [Counter], kurrent: { client: 'x' } }, 'UNISTREAM_SETTING_INVALID', /kurrent\.client is a string: expected a KurrentDBClient/],
    [{ aggregates: [Counter], kurrent: { client: {} } }, 'UNISTREAM_SETTING_INVALID', /kurrent\.client/],
    [{ aggregates: [Counter], kurrent: { host: 'x', client: KurrentDBClient.connectionString(NOWHERE) } }, 'UNISTREAM_SETTING_INVALID', /kurrent\.host is given beside kurrent\.client/],
    [{ aggregates: [Counter], readinessRoute: 'ready' }, 'UNISTREAM_SETTING_INVALID', /readinessRoute is "ready": expected true, false, a path/],
    [{ aggregates: [Counter], readinessRoute: { path: '/x' } }, 'UNISTREAM_SETTING_INVALID', /readinessRoute/],
    [{ aggregates: [Counter], readinessRoute: { url: 'x' } }, 'UNISTREAM_SETTING_INVALID', /readinessRoute/],
    [{ aggregates: [Counter], aggregate: { Conter: {} } }, 'UNISTREAM_SETTING_UNKNOWN', /aggregate\.Conter/],
    [{ aggregates: [Counter], command: { Conter: {} } }, 'UNISTREAM_SETTING_UNKNOWN', /command\.Conter/],
    [{ aggregates: [Counter], announce: 1 }, 'UNISTREAM_SETTING_INVALID', /announce is 1/],
    [{ aggregates: [Counter] }, 'UNISTREAM_HOST_MISSING', /KURRENT_HOST/],
  ]
  const ofSender: typeof cases = [
    [{ aggregates: [Counter.commands, { ...other.commands, storedName: 'Counter' }] }, 'UNISTREAM_SETTING_INVALID', /two aggregate types called Counter/],
    [{ aggregates: [Counter], routes: 'none' }, 'UNISTREAM_SETTING_INVALID', /routes is "none": expected true, false or an object/],
    [{ aggregates: [Counter], events: 1 }, 'UNISTREAM_SETTING_INVALID', /events is 1: expected true or false/],
    [{ aggregates: [Counter], routeOptions: () => 1 }, 'UNISTREAM_SETTING_INVALID', /routeOptions is \(\) => 1: expected an object/],
    [{ aggregates: [Counter], prefix: 'bank' }, 'UNISTREAM_SETTING_INVALID', /prefix is "bank": expected a path/],
  ]
  setEnvironment(t, { KURRENT_HOST: '' })
  for (const [plugin, all] of [[sender, [...cases, ...ofSender]], [subscriber, cases]] as const) {
    for (const [options, code, message] of all) {
      const app = fastify()
      await t.rejects(async () => { await app.register(plugin as typeof sender, options as SenderOptions) },
        { code, message }, `${code} ${message}`)
      await app.close().catch(() => undefined)
    }
  }
  const app = fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => { await app.register(subscriber, { aggregates: [Counter.commands] } as unknown as SubscriberOptions) },
    { code: 'UNISTREAM_SETTING_INVALID', message: /aggregates\[0\] is object: expected what defineAggregate/ })
})

t.test('settings come from the environment too, and wrong ones stop start-up', async (t) => {
  setEnvironment(t, { KURRENT_HOST: NOWHERE, COMMAND_COUNTER_INTERVALL: '5' })
  const { app } = newApp(t)
  await t.rejects(async () => { await app.register(sender, { aggregates: [Counter] }) },
    { code: 'UNISTREAM_SETTING_UNKNOWN', message: /COMMAND_COUNTER_INTERVALL: it is "5"; expected one of .*COMMAND_COUNTER_INTERVAL,/ })
})

t.test('a variable may be of a type that the other plugin of the application has, whichever comes first', async (t) => {
  const { app } = newApp(t)
  const [Alpha, Beta] = [defineCounter('Alpha'), defineCounter('Beta')]
  setEnvironment(t, { COMMAND_BETA_DEADLINE: '5' })
  await app.register(subscriber, { aggregates: [Alpha], kurrent: { host: 'embedded' } })
  await app.register(sender, { aggregates: [Alpha, Beta] })
  await app.ready()

  setEnvironment(t, { COMMAND_GAMMA_DEADLINE: '5' })
  const { app: other } = newApp(t)
  await other.register(sender, { aggregates: [Beta], kurrent: { host: 'embedded' } })
  await t.rejects(async () => { await other.ready() }, { code: 'UNISTREAM_SETTING_UNKNOWN', message: /COMMAND_GAMMA_DEADLINE/ })
})

t.test('what would have no effect beside a given client is refused', async (t) => {
  const client = KurrentDBClient.connectionString('kurrentdb://127.0.0.1:1?tls=false')
  t.teardown(() => client.dispose())
  for (const kurrent of [{ client, user: 'a', pass: 'b' }, { client, verifyCert: true }]) {
    const { app } = newApp(t)
    await t.rejects(async () => { await app.register(sender, { aggregates: [defineCounter('Counter')], kurrent }) },
      { code: 'UNISTREAM_SETTING_INVALID', message: /kurrent\.(user|verifyCert)/ })
  }
})
