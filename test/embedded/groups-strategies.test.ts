import { randomUUID } from 'node:crypto'
import { binaryEvent, jsonEvent } from '@kurrent/kurrentdb-client'
import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import type { Test } from 'tap'
import { until } from '../harness/until.js'
import { Consumer, numbered, numbers, open, settings, untilInfo } from './consumer.js'
import type { Delivered } from './consumer.js'
import { retriesSkipped } from './server-version.js'

const keyed = (key: string, number: number) =>
  jsonEvent({ type: 'Numbered', data: { number }, metadata: { $correlationId: key } })

const KEYS = Array.from({ length: 40 }, (_, i) => `key-${i}`)

function keyOf ({ event }: Delivered): string {
  return (event?.metadata as { $correlationId: string }).$correlationId
}

async function received (consumers: readonly Consumer[], count: number): Promise<void> {
  await until(() => consumers.reduce((sum, { delivered }) => sum + delivered.length, 0) >= count)
}

/** Two consumers of a group that goes by correlation ids, and a key that each of them got an event of. */
async function pair (t: Test, client: KurrentDBClient, stream: string, bufferSize: number): Promise<{ a: Consumer, b: Consumer, keyA: string, keyB: string }> {
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ consumerStrategyName: 'PinnedByCorrelation' }))
  const a = await Consumer.join(t, client, stream, 'group', { bufferSize })
  const b = await Consumer.join(t, client, stream, 'group', { bufferSize })
  let sent = 0
  while (a.delivered.length === 0 || b.delivered.length === 0) {
    await client.appendToStream(stream, keyed(KEYS[sent]!, sent++))
    await received([a, b], sent)
    for (const consumer of [a, b]) {
      if (consumer.delivered.length > 0) await consumer.ack(...consumer.delivered)
    }
    await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
  }
  const [keyA, keyB] = [keyOf(a.delivered[0]!), keyOf(b.delivered[0]!)]
  a.delivered.length = 0
  b.delivered.length = 0
  return { a, b, keyA, keyB }
}

t.test('RoundRobin takes turns and passes over who is full', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const a = await Consumer.join(t, client, stream, 'group', { bufferSize: 2 })
  const b = await Consumer.join(t, client, stream, 'group', { bufferSize: 5 })
  await client.appendToStream(stream, numbered(8))
  await received([a, b], 7)
  t.same([numbers(a.delivered), numbers(b.delivered)], [[0, 2], [1, 3, 4, 5, 6]])
  await untilInfo(client, stream, 'group', ({ stats }) => stats.readBufferCount === 1)
})

t.test('DispatchToSingle gives all to one until it is full', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ consumerStrategyName: 'DispatchToSingle' }))
  const a = await Consumer.join(t, client, stream, 'group', { bufferSize: 3 })
  const b = await Consumer.join(t, client, stream, 'group', { bufferSize: 10 })
  await client.appendToStream(stream, numbered(3))
  await a.received(3)
  await a.ack(...a.delivered)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
  await client.appendToStream(stream, numbered(5, 3))
  await received([a, b], 8)
  t.same([numbers(a.delivered), numbers(b.delivered)], [[0, 1, 2, 3, 4, 5], [6, 7]])
})

for (const resolveLinkTos of [true, false]) {
  t.test(`Pinned keeps a source stream with one consumer, links ${resolveLinkTos ? '' : 'not '}resolved`, async (t) => {
    const { client } = await open(t)
    const category = `strategies${randomUUID().replaceAll('-', '')}`
    const links = `$ce-${category}`
    await client.createPersistentSubscriptionToStream(links, 'group', settings({ consumerStrategyName: 'Pinned', resolveLinkTos }))
    const a = await Consumer.join(t, client, links, 'group', { bufferSize: 100 })
    const b = await Consumer.join(t, client, links, 'group', { bufferSize: 100 })
    for (let round = 0; round < 3; round++) {
      await Promise.all(KEYS.map((key) => client.appendToStream(`${category}-${key}`, numbered(1, round))))
    }
    await received([a, b], 3 * KEYS.length)
    const source = ({ event, link }: Delivered): string => (link === undefined
      ? Buffer.from(event?.data as Uint8Array).toString('utf8').replace(/^\d+@/, '')
      : event?.streamId ?? '')
    const [ofA, ofB] = [new Set(a.delivered.map(source)), new Set(b.delivered.map(source))]
    t.equal(ofA.size + ofB.size, KEYS.length, 'no stream is with both')
    t.ok(ofA.size >= 12 && ofB.size >= 12, 'both have their share')
    t.equal(a.delivered.length, 3 * ofA.size)
  })
}

t.test('PinnedByCorrelation keeps a key with one consumer, in order', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ consumerStrategyName: 'PinnedByCorrelation' }))
  const consumers = [await Consumer.join(t, client, stream, 'group', { bufferSize: 100 }), await Consumer.join(t, client, stream, 'group', { bufferSize: 100 })]
  for (let round = 0; round < 3; round++) {
    await client.appendToStream(stream, KEYS.map((key, i) => keyed(key, round * KEYS.length + i)))
  }
  await received(consumers, 3 * KEYS.length)
  const [ofA, ofB] = consumers.map(({ delivered }) => new Set(delivered.map(keyOf)))
  t.equal(ofA!.size + ofB!.size, KEYS.length, 'no key is with both')
  t.ok(Math.abs(ofA!.size - ofB!.size) <= 8, 'even shares')
  for (const { delivered } of consumers) t.same(numbers(delivered), numbers(delivered).sort((a, b) => a - b))
})

t.test('a full consumer does not stop the others', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  const { a, b, keyA, keyB } = await pair(t, client, stream, 2)
  await client.appendToStream(stream, [100, 101, 102, 103].map((number) => keyed(keyA, number)))
  await client.appendToStream(stream, [200, 201, 202, 203].map((number) => keyed(keyB, number)))
  t.same(numbers(await b.handle(4)), [200, 201, 202, 203])
  const { stats } = await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 2)
  t.same(numbers(a.delivered), [100, 101])
  t.same([stats.retryBufferCount, stats.readBufferCount], await retriesSkipped(client) ? [2, 0] : [0, 2])
  const handled = await a.handle(4)
  t.same(numbers(handled), [100, 101, 102, 103])
  t.same(handled.map(({ retryCount }) => retryCount), [0, 0, 0, 0], 'being skipped is no try')
})

t.test('a stuck consumer stops the reading in the end', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  const { a, b, keyA, keyB } = await pair(t, client, stream, 2)
  await client.appendToStream(stream, Array.from({ length: 600 }, (_, number) => keyed(keyA, number)))
  await client.appendToStream(stream, keyed(keyB, 1000))
  await untilInfo(client, stream, 'group', ({ stats, status }) => status === 'Behind' && stats.retryBufferCount + stats.readBufferCount >= 480)
  t.equal(b.delivered.length, 0, 'what stands behind is not read')
  const handled = a.handle(600)
  t.same(numbers(await b.received(1)), [1000])
  t.same(numbers(await handled), Array.from({ length: 600 }, (_, i) => i))
})

t.test('a newcomer gets its share of the keys', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ consumerStrategyName: 'PinnedByCorrelation' }))
  const a = await Consumer.join(t, client, stream, 'group', { bufferSize: 100 })
  await client.appendToStream(stream, KEYS.map(keyed))
  await a.handle(KEYS.length)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
  const b = await Consumer.join(t, client, stream, 'group', { bufferSize: 100 })
  for (let round = 1; round < 3; round++) await client.appendToStream(stream, KEYS.map(keyed))
  await received([a, b], 3 * KEYS.length)
  const [ofA, ofB] = [new Set(a.delivered.slice(KEYS.length).map(keyOf)), new Set(b.delivered.map(keyOf))]
  t.equal(ofA.size + ofB.size, KEYS.length, 'no key is with both')
  t.ok(ofB.size >= 14 && ofB.size <= 26, 'about half')
})

t.test('who leaves hands its keys to the others at once, in order, before what is new', async (t) => {
  const { client, another } = await open(t)
  const stream = `strategies-${randomUUID()}`
  const { a, b, keyA } = await pair(t, client, stream, 4)
  await client.appendToStream(stream, [0, 1, 2, 3, 4, 5].map((number) => keyed(keyA, number)))
  await a.received(4)
  await a.leave()
  const delivered = await b.received(4)
  t.same(numbers(delivered), [0, 1, 2, 3])
  t.same(delivered.map(({ retryCount }) => retryCount), [1, 1, 1, 1])
  const all = await b.handle(6)
  t.same(numbers(all), [0, 1, 2, 3, 4, 5])
  t.same(all.slice(4).map(({ retryCount }) => retryCount), [0, 0])
  await Consumer.join(t, another(), stream, 'group')
})

t.test('without a correlation id it goes by the stream', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ consumerStrategyName: 'PinnedByCorrelation' }))
  const a = await Consumer.join(t, client, stream, 'group', { bufferSize: 100 })
  const b = await Consumer.join(t, client, stream, 'group', { bufferSize: 100 })
  await client.appendToStream(stream, numbered(20))
  await client.appendToStream(stream, KEYS.slice(0, 20).map((key, i) => jsonEvent({
    type: 'Numbered', data: { number: 20 + i }, metadata: { nested: {}, $correlationId: key }
  })))
  await received([a, b], 40)
  t.same([a.delivered.length, b.delivered.length].sort(), [0, 40], 'one stream, one consumer')
})

t.test('metadata that is not JSON stops the group', async (t) => {
  const { client } = await open(t)
  const stream = `strategies-${randomUUID()}`
  await client.appendToStream(stream, keyed('a', 0))
  await client.appendToStream(stream, binaryEvent({ type: 'Odd', data: Buffer.from('{}'), metadata: Buffer.from([1, 2, 3]) }))
  await client.appendToStream(stream, keyed('a', 2))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ consumerStrategyName: 'PinnedByCorrelation' }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  t.same(numbers(await consumer.handle(1)), [0])
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0 && stats.readBufferCount === 2)
  // An ack and a tick of the server's clock later it still stands there.
  await client.appendToStream(stream, keyed('a', 3))
  const { stats } = await untilInfo(client, stream, 'group', ({ stats }) => stats.readBufferCount === 3)
  t.equal(stats.totalItems, 1n)
})
