import { randomUUID } from 'node:crypto'
import { PersistentSubscriptionFailedError } from '@kurrent/kurrentdb-client'
import type { KurrentDBClient, ResolvedEvent } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { Consumer, eventsOf, numbered, numbers, open, rejection, settings, untilInfo } from './consumer.js'
import { isBefore } from './server-version.js'

async function parked (client: KurrentDBClient, stream: string, group: string): Promise<ResolvedEvent[]> {
  return await eventsOf(client, `$persistentsubscription-${stream}::${group}-parked`)
}

function text (data: unknown): string {
  return Buffer.from(data as Uint8Array).toString('utf8')
}

t.test('what is not acknowledged in time comes again, and is parked in the end', async (t) => {
  const { client } = await open(t)
  const stream = `retry-${randomUUID()}`
  await client.appendToStream(stream, numbered(1))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ messageTimeout: 100, maxRetryCount: 2 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  const delivered = await consumer.received(3)
  t.same(delivered.map(({ retryCount }) => retryCount), [0, 1, 2])
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 1n && stats.totalInFlightMessages === 0)
  const [link] = await parked(client, stream, 'group')
  t.match(link?.event?.metadata, { reason: 'Reached retry count of 2' })
})

t.test('an ack that is late counts while the message is in flight again', async (t) => {
  const { client } = await open(t)
  const stream = `retry-${randomUUID()}`
  await client.appendToStream(stream, numbered(1))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ messageTimeout: 100 }))
  const slow = await Consumer.join(t, client, stream, 'group', { bufferSize: 1 })
  const [first] = await slow.received(1)
  const other = await Consumer.join(t, client, stream, 'group', { bufferSize: 1 })
  // In turn it is given to the other one too; the first one's ack settles it all the same.
  await other.received(1)
  await slow.ack(first!)
  const { connections } = await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
  t.same(connections.map(({ availableSlots }) => availableSlots), [1, 1])
})

t.test('what a nack does', async (t) => {
  const { client } = await open(t)
  const stream = `retry-${randomUUID()}`
  await client.appendToStream(stream, numbered(5))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ maxRetryCount: 1, checkPointLowerBound: 1, checkPointUpperBound: 1 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  const [skip, stop, park, retry, last] = await consumer.received(5)
  await consumer.nack('skip', 'unknown', skip!)
  await consumer.nack('stop', 'stop', stop!)
  await consumer.nack('park', 'odd', park!)
  await consumer.nack('retry', 'busy', retry!)
  await consumer.received(6)
  t.same(numbers(consumer.delivered.slice(5)), [3])
  t.equal(consumer.delivered[5]?.retryCount, 1)
  await consumer.nack('retry', 'still busy', consumer.delivered[5]!)
  // Both parked, and the subscription stands: the last one is still with its consumer.
  const { stats } = await untilInfo(client, stream, 'group', ({ stats }) =>
    stats.parkedMessageCount === 2n && stats.lastCheckpointedEventRevision === 3n)
  t.equal(stats.totalInFlightMessages, 1)
  await consumer.ack(last!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision === 4n)

  const links = await parked(client, stream, 'group')
  t.same(links.map(({ event }) => [event?.type, event?.isJson, text(event?.data)]), [['$>', false, `2@${stream}`], ['$>', false, `3@${stream}`]])
  t.match(links[0]?.event?.metadata, { reason: "Client explicitly NAK'ed message.\nodd", subscriptionEventNumber: 2, added: /^\d{4}-\d\d-\d\dT/ })
  t.match(links[1]?.event?.metadata, { reason: 'Reached retry count of 1', subscriptionEventNumber: 3 })
})

t.test('retried messages go before new ones, in the order of the source', async (t) => {
  const { client } = await open(t)
  const stream = `retry-${randomUUID()}`
  await client.appendToStream(stream, numbered(8))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group', { bufferSize: 4 })
  const [a, b, c, d] = await consumer.received(4)
  await consumer.nack('retry', 'again', d!, b!, a!)
  await consumer.received(7)
  t.same(numbers(consumer.delivered.slice(4)), [0, 1, 3])
  await consumer.ack(c!, ...consumer.delivered.slice(4))
  await consumer.received(11)
  t.same(numbers(consumer.delivered.slice(7)), [4, 5, 6, 7])
})

t.test('a message without retries is parked at the first', async (t) => {
  const { client } = await open(t)
  const stream = `retry-${randomUUID()}`
  await client.appendToStream(stream, numbered(1))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ maxRetryCount: 0 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  await consumer.nack('retry', 'again', (await consumer.received(1))[0]!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 1n)
  const [link] = await parked(client, stream, 'group')
  t.notOk('subscriptionEventNumber' in (link?.event?.metadata as object), 'a number of 0 is left out')
})

t.test('parked messages are replayed, up to a revision', async (t) => {
  const { client } = await open(t)
  const stream = `retry-${randomUUID()}`
  await client.appendToStream(stream, numbered(4))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group')
  await consumer.nack('park', 'later', ...await consumer.received(4))
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 4n)

  await client.replayParkedMessagesToStream(stream, 'group', { stopAt: 2 })
  await consumer.received(6)
  const replayed = consumer.delivered.slice(4)
  t.same(numbers(replayed), [0, 1])
  t.same(replayed.map(({ retryCount }) => retryCount), [0, 0])
  t.same(replayed.map(({ link }) => [link?.streamId, link?.revision]),
    [0n, 1n].map((revision) => [`$persistentsubscription-${stream}::group-parked`, revision]))
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 2n)
  t.same((await parked(client, stream, 'group')).map(({ event }) => event?.revision), [2n, 3n])

  // One is parked once more, the other is done with.
  await consumer.nack('park', 'not yet', replayed[0]!)
  await consumer.ack(replayed[1]!)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 3n)
  await client.replayParkedMessagesToStream(stream, 'group')
  await consumer.received(9)
  t.same(numbers(consumer.delivered.slice(6)), [2, 3, 0])
  t.equal(consumer.delivered[8]?.event?.streamId, stream, 'the event itself, not a link to a link')
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 0n)
  t.type(await rejection(client.replayParkedMessagesToStream(stream, 'group', { stopAt: -1 })), PersistentSubscriptionFailedError)
})

t.test('of what is parked, only what still exists is replayed', async (t) => {
  const { client } = await open(t)
  // Servers as old as 23.10 give a link without its event instead.
  if (await isBefore(t, client, '24.10.0')) return
  const stream = `retry-${randomUUID()}`
  await client.appendToStream(stream, numbered(2))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group')
  await consumer.nack('park', 'later', ...await consumer.received(2))
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 2n)
  await client.setStreamMetadata(stream, { truncateBefore: 1 })
  await client.replayParkedMessagesToStream(stream, 'group')
  await consumer.received(3)
  t.same(numbers(consumer.delivered.slice(2)), [1])
  await untilInfo(client, stream, 'group', ({ stats }) => stats.parkedMessageCount === 0n && stats.totalInFlightMessages === 1)
})
