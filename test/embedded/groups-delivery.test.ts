import { randomUUID } from 'node:crypto'
import { jsonEvent, PersistentSubscriptionMaximumSubscribersReachedError } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { Consumer, numbered, numbers, open, rejection, settings, untilInfo } from './consumer.js'
import { until } from '../harness/until.js'

t.test('where a group starts', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.appendToStream(stream, numbered(4))
  const groups: Record<string, number[]> = { start: [0, 1, 2, 3, 4], end: [4], revision: [2, 3, 4] }
  await client.createPersistentSubscriptionToStream(stream, 'start', settings({ startFrom: 'start' }))
  await client.createPersistentSubscriptionToStream(stream, 'end', settings({ startFrom: 'end' }))
  await client.createPersistentSubscriptionToStream(stream, 'revision', settings({ startFrom: 2n }))
  await client.appendToStream(stream, numbered(1, 4))
  for (const [group, expected] of Object.entries(groups)) {
    const consumer = await Consumer.join(t, client, stream, group)
    t.same(numbers(await consumer.received(expected.length)), expected, group)
    const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group)
    t.equal(stats.totalInFlightMessages, expected.length, group)
  }
})

t.test('a group on a stream that does not exist yet', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group')
  await untilInfo(client, stream, 'group', ({ status }) => status === 'Live')
  await client.appendToStream(stream, numbered(2))
  const delivered = await consumer.received(2)
  t.same(numbers(delivered), [0, 1])
  t.match(delivered[0], { retryCount: 0, event: { streamId: stream, revision: 0n, isJson: true, type: 'Numbered' } })
  t.type(delivered[0]?.commitPosition, 'bigint')
})

t.test('a consumer holds as many messages as it asked for', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.appendToStream(stream, numbered(10))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group', { bufferSize: 3 })
  await consumer.received(3)
  const full = await untilInfo(client, stream, 'group', ({ stats }) => stats.readBufferCount === 7)
  t.equal(full.stats.totalInFlightMessages, 3)
  t.equal(full.stats.outstandingMessagesCount, 3)
  t.match(full.connections, [{ availableSlots: 0, inFlightMessages: 3, totalItems: 3n, from: '', username: /.+/ }])
  t.equal(full.stats.lastKnownEventRevision, 9n)

  await consumer.ack(consumer.delivered[0]!, consumer.delivered[1]!)
  await consumer.received(5)
  const freed = await untilInfo(client, stream, 'group', ({ stats }) => stats.readBufferCount === 5)
  t.equal(freed.stats.totalInFlightMessages, 3)
  t.same(numbers(await consumer.handle(10)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  const done = await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
  t.match(done.connections, [{ availableSlots: 3, inFlightMessages: 0, totalItems: 10n }])
})

t.test('who has plenty to do gets more as soon as there is room', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.appendToStream(stream, numbered(100))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group', { bufferSize: 40 })
  await consumer.received(40)
  await consumer.ack(consumer.delivered[0]!)
  await consumer.received(41)
  await consumer.ack(...consumer.delivered.slice(1, 41))
  t.same(numbers(await consumer.received(81)), Array.from({ length: 81 }, (_, number) => number))
  const { stats } = await untilInfo(client, stream, 'group', ({ stats }) => stats.readBufferCount === 19)
  t.equal(stats.totalInFlightMessages, 40)
  await consumer.ack(...consumer.delivered.slice(41))
  t.same(numbers(await consumer.received(100)).at(-1), 99)
})

t.test('history and live meet without a gap or a double', async (t) => {
  const { client, another } = await open(t)
  const stream = `delivery-${randomUUID()}`
  const rounds = 60
  const perRound = 10
  await client.appendToStream(stream, numbered(perRound))
  // Buffers that small make the group fall behind and catch up over and over.
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ historyBufferSize: 25, readBatchSize: 7, liveBufferSize: 5 }))
  const consumer = await Consumer.join(t, client, stream, 'group', { bufferSize: 20 })
  const writer = another()
  const writing = (async () => {
    for (let round = 1; round < rounds; round++) await writer.appendToStream(stream, numbered(perRound, round * perRound))
  })()
  const handled = await consumer.handle(rounds * perRound)
  await writing
  t.same(numbers(handled), Array.from({ length: rounds * perRound }, (_, i) => i))
  const { stats } = await untilInfo(client, stream, 'group', ({ status, stats }) => status === 'Live' && stats.totalInFlightMessages === 0)
  t.equal(stats.readBufferCount + stats.retryBufferCount, 0)
})

t.test('what nobody takes stays within the buffer', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ historyBufferSize: 20, readBatchSize: 5 }))
  for (let i = 0; i < 10; i++) await client.appendToStream(stream, numbered(5, i * 5))
  const { stats, status } = await untilInfo(client, stream, 'group', ({ stats }) => stats.readBufferCount === 20)
  t.equal(status, 'Behind')
  t.equal(stats.lastKnownEventRevision, 49n)
  const consumer = await Consumer.join(t, client, stream, 'group')
  t.same(numbers(await consumer.handle(50)), Array.from({ length: 50 }, (_, i) => i))
  await untilInfo(client, stream, 'group', ({ status }) => status === 'Live')
})

t.test('no more consumers than the group allows', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ maxSubscriberCount: 1 }))
  const first = await Consumer.join(t, client, stream, 'group')
  const error = await rejection(Consumer.join(t, client, stream, 'group'))
  t.type(error, PersistentSubscriptionMaximumSubscribersReachedError)
  t.match(error, { streamName: stream, groupName: 'group' })
  await first.leave()
  await untilInfo(client, stream, 'group', ({ connections }) => connections.length === 0)
  await Consumer.join(t, client, stream, 'group')
})

t.test('a consumer that leaves gives back what it holds, in order', async (t) => {
  const { client, another } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ maxRetryCount: 0 }))
  const first = await Consumer.join(t, another(), stream, 'group', { bufferSize: 5 })
  await client.appendToStream(stream, numbered(8))
  await first.received(5)
  await first.ack(first.delivered[2]!)
  await first.received(6)
  await first.leave()
  await untilInfo(client, stream, 'group', ({ connections }) => connections.length === 0)
  const second = await Consumer.join(t, client, stream, 'group', { bufferSize: 10 })
  const delivered = await second.received(7)
  t.same(numbers(delivered), [0, 1, 3, 4, 5, 6, 7])
  // A disconnect counts a try but never parks, whatever the limit is.
  t.same(delivered.map(({ retryCount }) => retryCount), [1, 1, 1, 1, 1, 0, 0])
  const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, 'group')
  t.equal(stats.parkedMessageCount, 0n)
})

t.test('links are resolved where the group says so', async (t) => {
  const { client } = await open(t)
  const category = `delivery${randomUUID().replaceAll('-', '')}`
  const links = `$ce-${category}`
  await client.createPersistentSubscriptionToStream(links, 'resolved', settings({ resolveLinkTos: true, checkPointUpperBound: 1, checkPointLowerBound: 1 }))
  await client.createPersistentSubscriptionToStream(links, 'plain', settings())
  await client.appendToStream(`${category}-a`, numbered(2))
  await client.appendToStream(`${category}-b`, numbered(1, 2))

  const resolved = await Consumer.join(t, client, links, 'resolved')
  const delivered = await resolved.received(3)
  t.same(numbers(delivered), [0, 1, 2])
  t.same(delivered.map(({ link }) => [link?.streamId, link?.revision, link?.type]), [[links, 0n, '$>'], [links, 1n, '$>'], [links, 2n, '$>']])
  t.same(delivered.map(({ event }) => event?.streamId), [`${category}-a`, `${category}-a`, `${category}-b`])
  // The official client acknowledges by the link's id; the event's id means nothing to the group.
  await resolved.ack({ event: delivered[0]!.event, retryCount: 0 } as typeof delivered[0])
  await resolved.ack(delivered[1]!)
  await untilInfo(client, links, 'resolved', ({ stats }) => stats.totalInFlightMessages === 2)
  await resolved.ack(delivered[0]!, delivered[2]!)
  await untilInfo(client, links, 'resolved', ({ stats }) => stats.lastCheckpointedEventRevision === 2n)

  const plain = await Consumer.join(t, client, links, 'plain')
  const [first] = await plain.received(3)
  t.equal(first?.link, undefined)
  t.match(first?.event, { streamId: links, type: '$>' })
})

t.test('a link that leads nowhere comes alone', async (t) => {
  const { client } = await open(t)
  const category = `delivery${randomUUID().replaceAll('-', '')}`
  const links = `$ce-${category}`
  await client.appendToStream(`${category}-gone`, numbered(1))
  await client.appendToStream(`${category}-there`, numbered(1, 1))
  await client.deleteStream(`${category}-gone`)
  await client.createPersistentSubscriptionToStream(links, 'group', settings({ resolveLinkTos: true }))
  const consumer = await Consumer.join(t, client, links, 'group')
  // The soft delete has a link of its own, to the stream's metadata.
  const [gone, there, metadata] = await consumer.received(3)
  t.equal(gone?.event, undefined)
  t.match(gone?.link, { streamId: links, revision: 0n })
  t.equal(there?.event?.streamId, `${category}-there`)
  t.match(metadata?.event, { streamId: `$$${category}-gone`, type: '$metadata' })
  await consumer.ack(gone!, there!, metadata!)
  await untilInfo(client, links, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
})

t.test('two events of one id are both given out', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  const twice = jsonEvent({ type: 'Numbered', data: { number: 1 } })
  await client.appendToStream(stream, [twice, twice, ...numbered(1, 2)])
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group')
  t.same(numbers(await consumer.received(3)), [1, 1, 2])
  t.same(consumer.delivered.map(({ event }) => event?.revision), [0n, 1n, 2n])
  await consumer.ack(...consumer.delivered)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.outstandingMessagesCount === 0)
})

t.test('a tombstone ends the group', async (t) => {
  const { client } = await open(t)
  const stream = `delivery-${randomUUID()}`
  await client.appendToStream(stream, numbered(1))
  await client.tombstoneStream(stream)
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  let ended: unknown
  await until(async () => {
    // Whoever comes is dropped, at once or before the confirmation.
    const consumer = await Consumer.join(t, client, stream, 'group').catch((error: unknown) => { ended = error })
    if (consumer !== undefined) ended = await consumer.ended
    return ended !== undefined
  })
  t.match(ended, { type: 'persistent-subscription-dropped' })
})
