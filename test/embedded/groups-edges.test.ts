import { randomUUID } from 'node:crypto'
import { binaryEvent } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { until } from '../harness/until.js'
import { Consumer, eventsOf, numbered, numbers, open, settings, untilInfo } from './consumer.js'
import { streamOf } from './stream-kinds.js'

t.test('a time-out of nothing is over at the next tick, not never', async (t) => {
  const { client } = await open(t)
  const stream = `edges-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ messageTimeout: 0 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  await client.appendToStream(stream, numbered(1))
  const delivered = await consumer.received(2)
  t.same(numbers(delivered.slice(0, 2)), [0, 0])
  t.same(delivered.slice(0, 2).map(({ retryCount }) => retryCount), [0, 1])
})

t.test('a tombstone is delivered to consumers that are there, and they stay', async (t) => {
  const { client } = await open(t)
  const stream = `edges-${randomUUID()}`
  await client.appendToStream(stream, numbered(1))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group')
  await consumer.handle(1)
  await client.tombstoneStream(stream)
  const [, tombstone] = await consumer.received(2)
  t.equal(tombstone?.event?.type, '$streamDeleted')
  await consumer.ack(tombstone!)
  const { stats } = await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
  t.equal(stats.totalItems, 2n)
})

t.test('measurements are told where they are asked for', async (t) => {
  const { client } = await open(t)
  const stream = `edges-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ extraStatistics: true }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  await client.appendToStream(stream, numbered(3))
  await consumer.handle(3)
  const { connections } = await until(async () => {
    const info = await client.getPersistentSubscriptionToStreamInfo(stream, 'group')
    return (info.connections[0]?.extraStatistics?.size ?? 0) > 0 && info
  })
  t.equal(connections.length, 1)
})

t.test('a link to revision -1 leads to the last event', async (t) => {
  const { client } = await open(t)
  const target = await streamOf(client, 'live')
  const stream = `edges-${randomUUID()}`
  await client.appendToStream(stream, binaryEvent({ type: '$>', data: Buffer.from(`-1@${target}`) }))
  const found = []
  for await (const resolved of client.readStream(stream, { resolveLinkTos: true })) found.push(resolved)
  t.same(found.map(({ event, link }) => [event?.revision, event?.streamId, link?.type]), [[2n, target, '$>']])
  t.equal((await eventsOf(client, stream)).length, 1)
})
