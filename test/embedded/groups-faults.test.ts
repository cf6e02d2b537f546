import { randomUUID } from 'node:crypto'
import { PersistentSubscriptionDroppedError } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { Groups } from '../../lib/embedded/groups/index.js'
import type { Message, Receiver } from '../../lib/embedded/groups/index.js'
import { MemoryLog } from '../../lib/embedded/log/memory/memory-log.js'
import { Streams } from '../../lib/embedded/streams/index.js'
import { onRealServer } from '../harness/store.js'
import { until } from '../harness/until.js'
import { Consumer, numbered, numbers, own, settings, untilInfo } from './consumer.js'
import { GROUP } from './group-settings.js'

const skip = onRealServer && 'a real server makes no faults on demand'

t.test('what consumers hold is delivered again', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const stream = `faults-${randomUUID()}`
  await client.appendToStream(stream, numbered(4))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ maxRetryCount: 0 }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  await consumer.handle(1)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 3)
  await consumer.received(4)
  t.equal(embedded?.faults.redeliver(stream, 'group'), 3)
  await consumer.received(7)
  t.same(numbers(consumer.delivered.slice(4)), [1, 2, 3])
  t.same(consumer.delivered.slice(4).map(({ retryCount }) => retryCount), [1, 1, 1])
  await consumer.ack(...consumer.delivered.slice(4))
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
})

t.test('what was handled is delivered again, from a revision on', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const stream = `faults-${randomUUID()}`
  await client.appendToStream(stream, numbered(6))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group', { bufferSize: 4 })
  await consumer.handle(2)
  await consumer.received(6)
  t.equal(embedded?.faults.redeliver(stream, 'group', 1n), 4)
  await consumer.received(10)
  t.same(numbers(consumer.delivered.slice(6)), [1, 2, 3, 4])
  t.same(consumer.delivered.slice(6).map(({ retryCount }) => retryCount), [0, 0, 0, 0])
  await consumer.ack(...consumer.delivered.slice(6))
  await consumer.received(11)
  await consumer.ack(consumer.delivered[10]!)
  await untilInfo(client, stream, 'group', ({ stats, status }) => stats.totalInFlightMessages === 0 && status === 'Live')
  await client.appendToStream(stream, numbered(1, 6))
  await consumer.received(12)
  t.same(numbers(consumer.delivered.slice(10)), [5, 6])
})

t.test('a server that stops drops the consumers', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const stream = `faults-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const consumer = await Consumer.join(t, client, stream, 'group')
  await embedded?.stop()
  t.type(await consumer.ended, PersistentSubscriptionDroppedError)
})

/** A receiver inside the process: it takes what comes. */
function receiver (bufferSize: number): Receiver & { messages: Message[] } {
  const messages: Message[] = []
  return { bufferSize, connectionName: 'test', username: 'test', messages, deliver (message) { messages.push(message) }, dropped () {} }
}

for (const skippedGo of ['nowhere', 'to the retries'] as const) {
  t.test(`a server that is cut off after it skipped messages, where they go ${skippedGo}`, async (t) => {
    const streams = new Streams(new MemoryLog(), { maxAppendSize: 1e6, maxAppendEventSize: 1e6 })
    const groups = new Groups(streams, { skippedGo })
    await groups.start()
    await groups.create('commands', 'group', GROUP)
    const slow = receiver(1)
    const quick = receiver(10)
    const slowConnection = groups.connect('commands', 'group', slow)
    const quickConnection = groups.connect('commands', 'group', quick)
    const send = async (key: string): Promise<void> => {
      const metadata = Buffer.from(JSON.stringify({ $correlationId: key }))
      await streams.append({ stream: 'commands', expected: 'any', events: [{ id: randomUUID(), type: 'Do', json: true, data: Buffer.from('{}'), metadata }] })
    }
    // The first key goes to the first consumer, the second to the one that has none; the slow one is full by then.
    for (const key of ['a', 'b', 'a', 'b']) await send(key)
    await until(() => slow.messages.length + quick.messages.length === 3)
    t.same(quick.messages.map(({ position }) => position), [1n, 3n])
    quickConnection.ack(quick.messages.map(({ id }) => id))
    const { readBufferCount, retryBufferCount } = groups.info('commands', 'group')
    t.same([readBufferCount, retryBufferCount], skippedGo === 'nowhere' ? [1, 0] : [0, 1])
    slowConnection.ack([slow.messages[0]!.id])
    await until(() => groups.info('commands', 'group').lastCheckpointedEventPosition !== '')
    await groups.stop()

    // What was skipped reached a consumer, but nobody has answered for it.
    const restarted = new Groups(streams)
    await restarted.start()
    const next = receiver(10)
    restarted.connect('commands', 'group', next)
    await send('c')
    await until(() => next.messages.some(({ position }) => position === 4n))
    t.same(next.messages.map(({ position }) => position), skippedGo === 'nowhere' ? [4n] : [2n, 3n, 4n])
    await restarted.stop()
  })
}
