import t from 'tap'
import { persistentSubscriptionToStreamSettingsFromDefaults } from '@kurrent/kurrentdb-client'
import type { Delivery, Store, SubscribeOptions, Subscription } from '../../lib/store/index.js'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { openRelay } from '../harness/relay.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { groupSettings, openFor, operator, portOf, thing, things } from './things.js'

interface Taken { subscription: Subscription, deliveries: Delivery[], confirmations: () => number, losses: string[] }

function take (store: Store, stream: string, options: Partial<SubscribeOptions> = {}): Taken {
  const deliveries: Delivery[] = []
  const losses: string[] = []
  let confirmations = 0
  const subscription = store.subscribe({
    stream,
    group: 'UniStream',
    settings: groupSettings(),
    bufferSize: 100,
    onConfirmed: () => { confirmations++ },
    onDelivery: delivery => { deliveries.push(delivery) },
    onLost: error => { losses.push(error.trouble) },
    ...options
  })
  return { subscription, deliveries, losses, confirmations: () => confirmations }
}

const revisionsOf = (deliveries: Delivery[]): (bigint | undefined)[] => deliveries.map(({ event }) => event?.revision)

t.test('delivers in order, and what is acknowledged is done', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Deliver')
  await store.append(stream, 'any', things(30))
  const { subscription, deliveries, confirmations } = take(store, stream)
  t.equal(subscription.standing, false)
  await until(() => deliveries.length === 30)
  t.equal(subscription.standing, true)
  t.equal(subscription.lastError, undefined)
  t.equal(confirmations(), 1)
  const event = thing({ live: true })
  await store.append(stream, 'any', [event])
  await until(() => deliveries.length === 31)
  t.strictSame(revisionsOf(deliveries), Array.from({ length: 31 }, (_, index) => BigInt(index)))
  t.match(deliveries[30], { ackId: event.id, retryCount: 0, event: { id: event.id, stream, type: 'Thing', json: true } })
  t.equal(Buffer.from(deliveries[30]?.event?.data ?? []).toString(), '{"live":true}')
  for (const { ackId } of deliveries) subscription.ack(ackId)
  await until(async () => {
    const info = await store.groupInfo(stream, 'UniStream')
    return info?.outstanding === 0 && info.lastCheckpointed === 30n
  })
})

t.test('a buffer holds no more than it may until something is acknowledged', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Buffer')
  await store.append(stream, 'any', things(25))
  const { subscription, deliveries } = take(store, stream, { bufferSize: 10 })
  await until(() => deliveries.length === 10)
  await until(async () => (await store.groupInfo(stream, 'UniStream'))?.outstanding === 10)
  t.equal(deliveries.length, 10)
  subscription.ack(deliveries.map(({ ackId }) => ackId))
  await until(() => deliveries.length === 20)
  subscription.ack(deliveries.map(({ ackId }) => ackId))
  await until(() => deliveries.length === 25)
})

t.test('resolved links are acknowledged by the link', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const type = uniqueType('Links')
  await store.append(`${type}-1`, 'any', things(3))
  const { subscription, deliveries } = take(store, `$ce-${type}`, { settings: groupSettings({ resolveLinkTos: true }) })
  await until(() => deliveries.length === 3)
  t.match(deliveries[2], { event: { stream: `${type}-1`, revision: 2n }, link: { stream: `$ce-${type}`, revision: 2n } })
  t.equal(deliveries[2]?.ackId, deliveries[2]?.link?.id)
  subscription.ack(deliveries.map(({ ackId }) => ackId))
  await until(async () => (await store.groupInfo(`$ce-${type}`, 'UniStream'))?.outstanding === 0)
})

t.test('parked, replayed, retried and skipped', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Nack')
  await store.append(stream, 'any', things(3))
  const { subscription, deliveries } = take(store, stream)
  await until(() => deliveries.length === 3)
  const [first, second, third] = deliveries.map(({ ackId }) => ackId)
  subscription.nack('park', 'not for us', first ?? '')
  subscription.nack('skip', 'not needed', [second ?? ''])
  subscription.nack('retry', 'once more', [third ?? ''])
  await until(() => deliveries.length === 4)
  t.match(deliveries[3], { retryCount: 1, event: { revision: 2n } })
  subscription.ack(third ?? '')
  await until(async () => {
    const info = await store.groupInfo(stream, 'UniStream')
    return info?.parked === 1n && info.outstanding === 0
  })
  await store.replayParked(stream, 'UniStream')
  await until(() => deliveries.length === 5)
  t.match(deliveries[4], { event: { revision: 0n } })
  t.not(deliveries[4]?.ackId, first, 'it is known by the link of the parked stream')
  subscription.ack(deliveries[4]?.ackId ?? '')
  await until(async () => {
    const info = await store.groupInfo(stream, 'UniStream')
    return info?.parked === 0n && info.outstanding === 0
  })
})

t.test('a handler that throws ends nothing', async t => {
  const { connectionString } = await openStore(t)
  const { store, log } = openFor(t, connectionString)
  const stream = uniqueType('Throw')
  const seen: (bigint | undefined)[] = []
  const { subscription } = take(store, stream, {
    onConfirmed: () => { throw new Error('confirmed badly') },
    onDelivery: ({ event }) => {
      seen.push(event?.revision)
      throw new Error('delivered badly')
    }
  })
  await until(() => subscription.standing)
  await store.append(stream, 'any', things(3))
  await until(() => seen.length === 3)
  t.equal(subscription.standing, true)
  t.strictSame(log.lines.filter(({ level }) => level === 'error').map(({ details }) => 'handler' in details && details.handler),
    ['onConfirmed', 'onDelivery', 'onDelivery', 'onDelivery'])
})

t.test('a lost connection: taken up again, and late acks count', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString))
  const stream = uniqueType('Lost')
  await store.append(stream, 'any', things(2))
  const { subscription, deliveries, confirmations, losses } = take(store, stream)
  await until(() => deliveries.length === 2)
  const ids = deliveries.map(({ ackId }) => ackId)
  relay.cut()
  await until(() => confirmations() === 2)
  t.ok(losses.length >= 1)
  t.equal(subscription.standing, true)
  t.equal(subscription.lastError, undefined)
  await until(() => deliveries.length === 4)
  t.match(deliveries.slice(2), [{ ackId: ids[0], retryCount: 1 }, { ackId: ids[1], retryCount: 1 }])
  subscription.ack(ids)
  await until(async () => (await store.groupInfo(stream, 'UniStream'))?.outstanding === 0)
})

t.test('a store that is away at first, and away for a while', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store, log } = openFor(t, relay.connectionString(connectionString))
  const stream = uniqueType('Away')
  await relay.refuse()
  const { subscription, deliveries, losses } = take(store, stream)
  await until(() => losses.length === 3)
  t.match(subscription, { standing: false, lastError: { trouble: 'unavailable', message: /check that KurrentDB runs/ } })
  t.ok(log.lines.some(({ level, details }) => level === 'warn' && 'stream' in details && details.stream === stream))
  await relay.accept()
  await until(() => subscription.standing)
  await relay.refuse()
  await until(() => !subscription.standing)
  subscription.ack('0f7cd4d6-5f02-4c38-9d8c-c2c3cbd9e4b2')
  await relay.accept()
  await until(() => subscription.standing)
  await store.append(stream, 'any', things(1))
  await until(() => deliveries.length === 1)
})

t.test('a confirmation that never comes is given up, and another call made', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString), 0.3)
  const stream = uniqueType('Unconfirmed')
  await store.ensureGroup(stream, 'UniStream', groupSettings())
  relay.hold({ all: true })
  const { subscription, losses } = take(store, stream)
  await until(() => losses.length === 2)
  t.strictSame(losses, ['timeout', 'timeout'])
  relay.release()
  relay.cut()
  await until(() => subscription.standing)
})

t.test('a group deleted under a subscription is made again; one updated is kept', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const client = operator(t, connectionString)
  const stream = uniqueType('Dropped')
  const { subscription, deliveries, confirmations, losses } = take(store, stream)
  await until(() => subscription.standing)
  await store.append(stream, 'any', things(1))
  await until(() => deliveries.length === 1)
  subscription.ack(deliveries.map(({ ackId }) => ackId))
  await client.deletePersistentSubscriptionToStream(stream, 'UniStream')
  await until(() => confirmations() === 2)
  t.strictSame(losses, ['dropped'])
  await until(() => deliveries.length === 2)
  t.match(deliveries[1], { event: { revision: 0n } }, 'a group made anew begins where its settings say')

  await client.updatePersistentSubscriptionToStream(stream, 'UniStream', persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: 'start', messageTimeout: 9000 }))
  await until(() => confirmations() === 3)
  t.match(await store.groupInfo(stream, 'UniStream'), { settings: { messageTimeout: 9000 }, connections: 1 })
})

t.test('a group with all the subscribers it may have', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Full')
  const settings = groupSettings({ maxSubscriberCount: 1 })
  const first = take(store, stream, { settings })
  await until(() => first.subscription.standing)
  const second = take(store, stream, { settings })
  await until(() => second.losses.length === 2)
  t.match(second.subscription, { standing: false, lastError: { trouble: 'full' } })
  await first.subscription.stop()
  await until(() => second.subscription.standing)
  t.equal(second.subscription.lastError, undefined)
})

t.test('stopping sends the acks that wait', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  for (let round = 0; round < 10; round++) {
    const stream = uniqueType('Stop')
    await store.append(stream, 'any', things(60))
    const { subscription, deliveries } = take(store, stream)
    await until(() => deliveries.length === 60)
    subscription.ack(deliveries.map(({ ackId }) => ackId))
    await subscription.stop()
    t.equal(subscription.standing, false)
    await store.append(stream, 'any', things(1))
    const next = take(store, stream)
    await until(() => next.deliveries.length > 0)
    t.match(next.deliveries[0], { retryCount: 0, event: { revision: 60n } })
    t.equal(deliveries.length, 60, 'a stopped subscription takes nothing more')
  }
})

t.test('stopping leaves nothing behind at the server, and may be asked twice', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Gone')
  const { subscription } = take(store, stream)
  await until(() => subscription.standing)
  await Promise.all([subscription.stop(), subscription.stop()])
  await until(async () => (await store.groupInfo(stream, 'UniStream'))?.connections === 0)
  subscription.ack('0f7cd4d6-5f02-4c38-9d8c-c2c3cbd9e4b2')
  t.equal(subscription.standing, false)
})

t.test('stopping is bounded where the store is away or hangs', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString))
  const hung = take(store, uniqueType('Hung'))
  await until(() => hung.subscription.standing)
  relay.hold()
  hung.subscription.ack('0f7cd4d6-5f02-4c38-9d8c-c2c3cbd9e4b2')
  await hung.subscription.stop()
  t.equal(hung.subscription.standing, false)
  await relay.refuse()
  const away = take(store, uniqueType('Away'))
  await until(() => away.losses.length === 4)
  await away.subscription.stop()
  const unborn = take(store, uniqueType('Unborn'))
  await unborn.subscription.stop()
  t.strictSame([away.subscription.standing, unborn.subscription.standing], [false, false])
})

t.test('a server that hangs is noticed by the keep-alive, and another connection made', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, `${relay.connectionString(connectionString)}&keepAliveInterval=500&keepAliveTimeout=500`)
  const stream = uniqueType('Silent')
  const { deliveries, confirmations, losses } = take(store, stream)
  await until(() => confirmations() === 1)
  relay.hold()
  await until(() => confirmations() === 2)
  t.strictSame(losses, ['unavailable'])
  // The server does not know yet that the first connection is dead, and gives it every other message.
  await store.append(stream, 'any', things(2))
  await until(() => deliveries.length === 1)
})

t.test('a server that is restarted with nothing in its memory', async t => {
  const { embedded } = await openStore(t)
  if (embedded === undefined) return t.comment('skipped: a real server is not ours to restart')
  const { store } = openFor(t, embedded.connectionString)
  const stream = uniqueType('Restart')
  const { deliveries, confirmations } = take(store, stream)
  await until(() => confirmations() === 1)
  await store.append(stream, 'any', things(2))
  await until(() => deliveries.length === 2)
  await embedded.stop()
  t.match(await store.append(stream, 'any', things(1)), { kind: 'unavailable' })
  const next = await startEmbeddedStore({ port: embedded.port })
  t.teardown(() => next.stop())
  await until(() => confirmations() === 2)
  t.strictSame(await store.append(stream, 'any', things(1)), { kind: 'written', revision: 0n })
  await until(() => deliveries.length === 3)
  t.match(await store.read(stream, { direction: 'forwards', from: 'start', count: 5 }), { head: 0n })
})

t.test('a stream that is tombstoned under a subscription: it says what is wrong, and goes on trying', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Tomb')
  await store.append(stream, 'any', things(1))
  await operator(t, connectionString).tombstoneStream(stream)
  const { subscription, losses } = take(store, stream)
  await until(() => losses.length === 3)
  t.equal(subscription.standing, false)
  t.match(subscription.lastError, { name: 'StoreFault', message: stream })
  t.ok(losses.every(trouble => ['dropped', 'deleted'].includes(trouble)), losses.join())
})
