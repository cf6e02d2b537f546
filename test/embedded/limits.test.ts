import { randomBytes, randomUUID } from 'node:crypto'
import { status } from '@grpc/grpc-js'
import {
  AppendRecordSizeExceededError, KurrentDBClient, MaxAppendSizeExceededError, TransactionMaxSizeExceededError, UnknownError,
  WrongExpectedVersionError, binaryEvent
} from '@kurrent/kurrentdb-client'
import t from 'tap'
import { onRealServer, openStore } from '../harness/store.js'
import { eventsOf, open, own, rejection, settings } from './consumer.js'
import { append, event, events, streamOf } from './stream-kinds.js'

const MIB = 1024 * 1024
const TYPE = 'Bytes'

const skip = onRealServer && 'the limits of a real server are its own'

function bytes (size: number): ReturnType<typeof binaryEvent> {
  return binaryEvent({ type: TYPE, data: randomBytes(size) })
}

const credentials = { username: 'ann', password: 'secret' }

t.test('large events arrive whole', async (t) => {
  const { client } = await open(t)
  const stream = `large-${randomUUID()}`
  const sizes = [200 * 1024, 300 * 1024, 400 * 1024]
  const large = sizes.map(bytes)
  await client.appendToStream(stream, large)
  const stored = await eventsOf(client, stream)
  t.same(stored.map(({ event }) => Buffer.from(event?.data as Uint8Array)), large.map(({ data }) => Buffer.from(data)))
})

t.test('an append that the client sends in several parts is one append', { skip }, async (t) => {
  const { client } = await own(t)
  const stream = `large-${randomUUID()}`
  await client.appendToStream(stream, [bytes(2 * MIB), bytes(2 * MIB), bytes(2 * MIB)], { streamState: 'no_stream' })
  await client.appendToStream(stream, [bytes(5 * MIB)], { streamState: 2n })
  t.match(await rejection(client.appendToStream(stream, [bytes(2 * MIB), bytes(2 * MIB)], { streamState: 2n })), { constructor: WrongExpectedVersionError })
  t.same((await eventsOf(client, stream)).map(({ event }) => (event?.data as Uint8Array).length), [2, 2, 2, 5].map((size) => size * MIB))
})

t.test('the events of an append together have a limit', { skip }, async (t) => {
  const { connectionString } = await openStore(t, { maxAppendSize: MIB })
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  const stream = `large-${randomUUID()}`
  const fits = MIB - 2 * 2 * TYPE.length
  await client.appendToStream(stream, [bytes(fits - 1024), bytes(1024)])
  t.match(await rejection(client.appendToStream(stream, [bytes(fits - 1024), bytes(1025)])),
    { constructor: MaxAppendSizeExceededError, maxAppendSize: MIB })
  t.match(await rejection(client.appendToStream(stream, [bytes(fits - 1024), bytes(1025)], { credentials })),
    { constructor: MaxAppendSizeExceededError, maxAppendSize: MIB })
  t.equal((await eventsOf(client, stream)).length, 2)
})

t.test('an event has a limit', { skip }, async (t) => {
  const { connectionString } = await openStore(t, { maxAppendEventSize: 1024 })
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  const stream = `large-${randomUUID()}`
  const fits = 1024 - 2 * TYPE.length
  await client.appendToStream(stream, [bytes(fits), bytes(fits)])
  t.match(await rejection(client.appendToStream(stream, [bytes(fits), bytes(fits + 1)])), { constructor: UnknownError })
  t.match(await rejection(client.appendToStream(stream, [bytes(fits), bytes(fits + 1)], { credentials })), { constructor: UnknownError, code: 3 })
  t.equal((await eventsOf(client, stream)).length, 2)
})

t.test('of appends at once only the one that is too large fails', { skip }, async (t) => {
  const { connectionString } = await openStore(t, { maxAppendSize: MIB })
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  const stream = `large-${randomUUID()}`
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) =>
    client.appendToStream(stream, [bytes(i === 7 ? 2 * MIB : 1024)])))
  t.same(outcomes.map(({ status }) => status), outcomes.map((_, i) => i === 7 ? 'rejected' : 'fulfilled'))
  t.equal((await eventsOf(client, stream)).length, 19)
})

t.test('a message over the limit of the transport is refused, and the client goes on', async (t) => {
  const { client } = await open(t)
  const stream = `large-${randomUUID()}`
  t.match(await rejection(client.appendToStream(stream, [bytes(18 * MIB)])), { constructor: UnknownError, code: 8 })
  t.same(await append(client, 'BatchAppend', stream, events(1), 'any'), { written: 0n })
})

t.test('a record has a limit of its own, and so has a message', { skip }, async (t) => {
  const { client } = await own(t)
  const stream = `large-${randomUUID()}`
  const record = 16 * MIB - 10_000
  await client.appendToStream(stream, [bytes(record - 1000)])
  for (const options of [{}, { credentials }]) {
    t.match(await rejection(client.appendToStream(stream, [bytes(record)], options)), { constructor: UnknownError, code: status.RESOURCE_EXHAUSTED })
  }
  t.match(await rejection(client.createPersistentSubscriptionToStream('x'.repeat(4 * MIB), 'group', settings())), { code: status.RESOURCE_EXHAUSTED })
  const sent = (size: number) => client.appendRecords([{ streamName: stream, record: bytes(size) }])
  await sent(record - 1000)
  t.match(await rejection(sent(16 * MIB - 5000)), { code: status.UNKNOWN }, 'between what an append may have and what the log may')
  t.match(await rejection(sent(16 * MIB + 1)), { constructor: AppendRecordSizeExceededError })
})

t.test('a message to several streams may hold more', { skip }, async (t) => {
  const { client } = await own(t, { maxAppendSize: 20 * MIB })
  const stream = `large-${randomUUID()}`
  const sent = (...sizes: number[]) => client.appendRecords(sizes.map((size, i) => ({ streamName: `${stream}${i}`, record: bytes(size * MIB) })))
  await sent(6, 6, 6)
  t.match(await rejection(sent(7, 7, 7)), { constructor: TransactionMaxSizeExceededError })
  t.match(await rejection(sent(8, 8, 8, 8)), { code: status.RESOURCE_EXHAUSTED }, 'more than half as much again')
})

t.test('what cannot be stored is refused by its kind', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'live')
  for (const options of [{}, { credentials }]) {
    t.type(await rejection(client.appendToStream(stream, [{ ...event(), type: '' }], options)), Error, 'no type')
    t.type(await rejection(client.appendToStream(stream, [event('no uuid')], options)), Error, 'no UUID')
    t.type(await rejection(client.appendToStream(stream, [event('00000000-0000-0000-0000-000000000000')], options)), Error, 'the nil UUID')
    t.type(await rejection(client.appendToStream(stream, [event(), event('no uuid')], options)), Error, 'one of them')
  }
  t.equal((await eventsOf(client, stream)).length, 3, 'nothing was written')
})

t.test('$all cannot be written to', { skip }, async (t) => {
  const { client } = await own(t)
  t.type(await rejection(client.appendToStream('$all', events(1))), Error)
  t.type(await rejection(client.appendToStream('$all', events(1), { credentials })), Error)
  t.type(await rejection(client.deleteStream('$all')), Error)
})
