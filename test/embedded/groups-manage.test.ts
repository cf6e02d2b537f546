import { randomUUID } from 'node:crypto'
import {
  PersistentSubscriptionDoesNotExistError, PersistentSubscriptionDroppedError, PersistentSubscriptionExistsError, PersistentSubscriptionFailedError
} from '@kurrent/kurrentdb-client'
import t from 'tap'
import { statusText } from '../../lib/embedded/groups/info.js'
import { Consumer, eventsOf, numbered, numbers, open, rejection, settings, untilInfo } from './consumer.js'
import { until } from '../harness/until.js'

t.test('of two that make a group at once, one succeeds', async (t) => {
  const { client, another } = await open(t)
  const stream = `manage-${randomUUID()}`
  const made = await Promise.allSettled([client, another(), another()].map((each) =>
    each.createPersistentSubscriptionToStream(stream, 'group', settings())))
  t.equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of made) {
    if (result.status === 'fulfilled') continue
    t.type(result.reason, PersistentSubscriptionExistsError)
    t.match(result.reason, { streamName: stream, groupName: 'group' })
  }
})

t.test('a group tells what it was made with', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  const given = settings({
    startFrom: 7n,
    resolveLinkTos: true,
    extraStatistics: true,
    messageTimeout: 12_345,
    maxRetryCount: 3,
    checkPointAfter: 678,
    checkPointLowerBound: 1,
    checkPointUpperBound: 23,
    maxSubscriberCount: 4,
    liveBufferSize: 77,
    readBatchSize: 19,
    historyBufferSize: 88,
    consumerStrategyName: 'PinnedByCorrelation'
  })
  await client.createPersistentSubscriptionToStream(stream, 'group', given)
  const info = await client.getPersistentSubscriptionToStreamInfo(stream, 'group')
  t.same(info.settings, given)
  t.match(info, { eventSource: stream, groupName: 'group', connections: [] })

  for (const startFrom of ['start', 'end'] as const) {
    await client.createPersistentSubscriptionToStream(stream, startFrom, settings({ startFrom }))
    t.equal((await client.getPersistentSubscriptionToStreamInfo(stream, startFrom)).settings.startFrom, startFrom)
  }
  for (const consumerStrategyName of ['RoundRobin', 'DispatchToSingle', 'Pinned'] as const) {
    await client.createPersistentSubscriptionToStream(stream, consumerStrategyName, settings({ consumerStrategyName }))
    t.equal((await client.getPersistentSubscriptionToStreamInfo(stream, consumerStrategyName)).settings.consumerStrategyName, consumerStrategyName)
  }
})

t.test('settings that cannot work are refused', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  const error = await rejection(client.createPersistentSubscriptionToStream(stream, 'group', settings({ readBatchSize: 20, historyBufferSize: 20 })))
  t.type(error, PersistentSubscriptionFailedError)
  t.match(error, { streamName: stream, groupName: 'group', reason: /.+/ })
  t.type(await rejection(client.getPersistentSubscriptionToStreamInfo(stream, 'group')), PersistentSubscriptionDoesNotExistError)
})

t.test('a group that does not exist', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  const calls: Record<string, () => Promise<unknown>> = {
    info: () => client.getPersistentSubscriptionToStreamInfo(stream, 'group'),
    update: () => client.updatePersistentSubscriptionToStream(stream, 'group', settings()),
    delete: () => client.deletePersistentSubscriptionToStream(stream, 'group'),
    replay: () => client.replayParkedMessagesToStream(stream, 'group'),
    read: () => Consumer.join(t, client, stream, 'group')
  }
  for (const [name, call] of Object.entries(calls)) {
    const error = await rejection(call())
    t.type(error, PersistentSubscriptionDoesNotExistError, name)
    t.match(error, { streamName: stream, groupName: 'group' }, name)
  }
})

t.test('lists', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  t.type(await rejection(client.listPersistentSubscriptionsToStream(stream)), PersistentSubscriptionDoesNotExistError, 'never had a group')
  await client.createPersistentSubscriptionToStream(stream, 'a', settings())
  await client.createPersistentSubscriptionToStream(stream, 'b', settings())
  t.same((await client.listPersistentSubscriptionsToStream(stream)).map(({ groupName }) => groupName).sort(), ['a', 'b'])
  const all = await client.listAllPersistentSubscriptions()
  t.equal(all.filter(({ eventSource }) => eventSource === stream).length, 2)
  await client.deletePersistentSubscriptionToStream(stream, 'a')
  await client.deletePersistentSubscriptionToStream(stream, 'b')
  t.same(await client.listPersistentSubscriptionsToStream(stream), [], 'had groups')
})

t.test('the definition stands in the log before the call is answered', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  interface Config { entries: { stream: string, group: string }[] }
  const stored = async (): Promise<boolean> => {
    const last = (await eventsOf(client, '$persistentSubscriptionConfig')).at(-1)?.event
    t.equal(last?.type, '$PersistentConfig')
    return (last?.data as unknown as Config).entries.some((entry) => entry.stream === stream && entry.group === 'group')
  }
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  t.equal(await stored(), true)
  await client.deletePersistentSubscriptionToStream(stream, 'group')
  t.equal(await stored(), false)
})

t.test('a delete drops the consumers and forgets how far they were', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  const quick = settings({ checkPointLowerBound: 1, checkPointUpperBound: 1 })
  await client.appendToStream(stream, numbered(4))
  await client.createPersistentSubscriptionToStream(stream, 'group', quick)
  const consumer = await Consumer.join(t, client, stream, 'group')
  const [first, second] = await consumer.received(4)
  await consumer.ack(first!)
  await consumer.nack('park', 'for later', second!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 1n && stats.parkedMessageCount === 1n)
  await client.deletePersistentSubscriptionToStream(stream, 'group')
  t.type(await consumer.ended, PersistentSubscriptionDroppedError)

  await client.createPersistentSubscriptionToStream(stream, 'group', quick)
  const next = await Consumer.join(t, client, stream, 'group')
  t.same(numbers(await next.received(4)), [0, 1, 2, 3])
  const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, 'group')
  t.equal(stats.parkedMessageCount, 0n)
  t.equal(stats.lastCheckpointedEventRevision, undefined)
  await next.ack(...next.delivered)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 3n)
})

t.test('an update drops the consumers and goes on from the checkpoint', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  await client.appendToStream(stream, numbered(4))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ checkPointUpperBound: 1, checkPointLowerBound: 1 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  await consumer.received(4)
  await consumer.nack('retry', 'again', consumer.delivered[1]!)
  await consumer.received(5)
  t.equal(consumer.delivered[4]?.retryCount, 1)
  await consumer.ack(consumer.delivered[0]!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 0n)
  await client.updatePersistentSubscriptionToStream(stream, 'group', settings({ maxRetryCount: 5, startFrom: 'end' }))
  t.type(await consumer.ended, PersistentSubscriptionDroppedError)

  const next = await Consumer.join(t, client, stream, 'group')
  const delivered = await next.received(3)
  t.same(numbers(delivered), [1, 2, 3])
  t.same(delivered.map(({ retryCount }) => retryCount), [0, 0, 0])
  t.equal((await client.getPersistentSubscriptionToStreamInfo(stream, 'group')).settings.maxRetryCount, 5)
})

t.test('a restart of the subsystem drops all consumers, and all groups are there again', async (t) => {
  const { client } = await open(t)
  const stream = `manage-${randomUUID()}`
  const given = settings({ maxRetryCount: 6, consumerStrategyName: 'PinnedByCorrelation', startFrom: 1n })
  await client.appendToStream(stream, numbered(3))
  await client.createPersistentSubscriptionToStream(stream, 'group', given)
  const consumer = await Consumer.join(t, client, stream, 'group')
  t.same(numbers(await consumer.received(2)), [1, 2])
  await client.restartPersistentSubscriptionSubsystem()
  t.type(await consumer.ended, PersistentSubscriptionDroppedError)
  // The real server answers before it is up again.
  await until(() => client.getPersistentSubscriptionToStreamInfo(stream, 'group').then(() => true, () => false))
  t.same((await client.getPersistentSubscriptionToStreamInfo(stream, 'group')).settings, given)
  const next = await Consumer.join(t, client, stream, 'group')
  t.same(numbers(await next.received(2)), [1, 2])
})

t.test('a status names all that a group is about, in the order of the real server', async (t) => {
  const flags = { ready: true, live: false, reading: false, replaying: false }
  t.equal(statusText({ ...flags, ready: false, reading: true }), 'NotReady')
  t.equal(statusText(flags), 'Behind')
  t.equal(statusText({ ...flags, reading: true }), 'Behind, OutstandingPageRequest')
  t.equal(statusText({ ...flags, reading: true, replaying: true }), 'Behind, OutstandingPageRequest, ReplayingParkedMessages')
  t.equal(statusText({ ...flags, live: true, replaying: true }), 'ReplayingParkedMessages, Live')
})
