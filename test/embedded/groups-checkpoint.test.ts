import { randomUUID } from 'node:crypto'
import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import type { Test } from 'tap'
import { until } from '../harness/until.js'
import { Consumer, eventsOf, numbered, numbers, open, settings, untilInfo } from './consumer.js'

async function checkpoints (t: Test, client: KurrentDBClient, stream: string): Promise<unknown[]> {
  const events = await eventsOf(client, `$persistentsubscription-${stream}::group-checkpoint`)
  // Servers as old as 23.10 write the type without its first letter.
  for (const { event } of events) t.match(event, { type: /^\$?SubscriptionCheckpoint$/, isJson: true })
  return events.map(({ event }) => event?.data)
}

async function restart (client: KurrentDBClient, stream: string): Promise<void> {
  await client.restartPersistentSubscriptionSubsystem()
  // The real server answers before it is up again.
  await until(() => client.getPersistentSubscriptionToStreamInfo(stream, 'group').then(() => true, () => false))
}

t.test('a checkpoint is written with the last message of the upper bound', async (t) => {
  const { client } = await open(t)
  const stream = `checkpoint-${randomUUID()}`
  await client.appendToStream(stream, numbered(5))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ checkPointAfter: 0, checkPointLowerBound: 1, checkPointUpperBound: 3 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  const delivered = await consumer.received(5)
  for (const event of delivered.slice(0, 3)) await consumer.ack(event)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 2n)
  t.same(await checkpoints(t, client, stream), ['2'])
})

t.test('a checkpoint is written after its time, from the lower bound on', async (t) => {
  const { client } = await open(t)
  const stream = `checkpoint-${randomUUID()}`
  await client.appendToStream(stream, numbered(5))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ checkPointAfter: 10, checkPointLowerBound: 2, messageTimeout: 100 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  await consumer.handle(1)
  // The same tick that gives the others out again finds one finished message, which is too few.
  const again = await until(() => consumer.delivered.find(({ retryCount, event }) => retryCount === 1 && event?.revision === 1n))
  await consumer.ack(again)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 1n)
  t.same(await checkpoints(t, client, stream), ['1'])
})

t.test('a checkpoint does not pass what is in flight or to be tried again', async (t) => {
  const { client } = await open(t)
  const stream = `checkpoint-${randomUUID()}`
  await client.appendToStream(stream, numbered(6))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ checkPointLowerBound: 1, checkPointUpperBound: 1 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  const [a, b, c, d, e] = await consumer.received(6)
  for (const event of [b, c, d]) await consumer.ack(event!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 3)
  await consumer.ack(a!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 3n)
  t.same(await checkpoints(t, client, stream), ['3'])
  await consumer.nack('retry', 'again', e!)
  await consumer.received(7)
  await consumer.ack(consumer.delivered[5]!)
  await consumer.leave()
  await untilInfo(client, stream, 'group', ({ stats }) => stats.retryBufferCount === 1)
  t.equal((await client.getPersistentSubscriptionToStreamInfo(stream, 'group')).stats.lastCheckpointedEventRevision, 3n)
})

t.test('after a restart the group goes on behind its checkpoint', async (t) => {
  const { client } = await open(t)
  const stream = `checkpoint-${randomUUID()}`
  await client.appendToStream(stream, numbered(6))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ checkPointLowerBound: 1, checkPointUpperBound: 1 }))
  const before = await Consumer.join(t, client, stream, 'group')
  await before.received(6)
  await before.nack('retry', 'again', before.delivered[4]!)
  await before.received(7)
  await before.ack(before.delivered[0]!, before.delivered[1]!, before.delivered[3]!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 1n)
  await restart(client, stream)
  const after = await Consumer.join(t, client, stream, 'group')
  const delivered = await after.received(4)
  t.same(numbers(delivered), [2, 3, 4, 5], 'also what was done, out of order')
  t.same(delivered.map(({ retryCount }) => retryCount), [0, 0, 0, 0])
})

t.test('what stays below the lower bound comes again after a restart', async (t) => {
  const { client } = await open(t)
  const stream = `checkpoint-${randomUUID()}`
  await client.appendToStream(stream, numbered(9))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ checkPointAfter: 1 }))
  const before = await Consumer.join(t, client, stream, 'group')
  await before.handle(9)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
  await restart(client, stream)
  const after = await Consumer.join(t, client, stream, 'group')
  t.same(numbers(await after.handle(9)), [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

t.test('old checkpoints stay', async (t) => {
  const { client } = await open(t)
  const stream = `checkpoint-${randomUUID()}`
  await client.appendToStream(stream, numbered(20))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ checkPointLowerBound: 1, checkPointUpperBound: 1 }))
  const consumer = await Consumer.join(t, client, stream, 'group', { bufferSize: 1 })
  await consumer.handle(20)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 19n)
  const kept = await until(async () => {
    const found = await checkpoints(t, client, stream)
    return found.at(-1) === '19' && found
  })
  t.ok(kept.length > 5, 'as many as were written')
  t.same(kept, kept.toSorted((a, b) => Number(a) - Number(b)), 'and each is further than the one before')
})
