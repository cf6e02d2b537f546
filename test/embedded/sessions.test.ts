import { randomBytes, randomUUID } from 'node:crypto'
import {
  ANY, NO_STREAM, STREAM_EXISTS, AppendConsistencyViolationError, AppendRecordSizeExceededError, KurrentDBClient, StreamTombstonedError,
  TransactionMaxSizeExceededError, UnsupportedError, WrongExpectedVersionError, binaryEvent, jsonEvent, type AppendRecordInput,
  type AppendStreamRequest, type ConsistencyCheck
} from '@kurrent/kurrentdb-client'
import t, { type Test } from 'tap'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { onRealServer, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { Consumer, eventsOf, open, own, rejection, settings } from './consumer.js'
import { isBefore } from './server-version.js'
import { event, events, streamOf } from './stream-kinds.js'

const ofEmbedded = onRealServer && 'only the embedded store has its limits set by a test'

type Event = ReturnType<typeof event>

/** A client to a server that has sessions; nothing where it has none. */
async function opened (t: Test, since: '25.1.0' | '26.1.0'): Promise<KurrentDBClient | undefined> {
  const { client } = await open(t)
  return await isBefore(t, client, since) ? undefined : client
}

function to (streamName: string, appended: Event[], expectedState: AppendStreamRequest['expectedState'] = ANY): AppendStreamRequest {
  return { streamName, events: appended, expectedState }
}

function record (streamName: string, appended: Event): AppendRecordInput {
  return { streamName, record: appended }
}

function check (streamName: string, expectedState: ConsistencyCheck['expectedState']): ConsistencyCheck {
  return { type: 'stream_state', streamName, expectedState } as ConsistencyCheck
}

t.test('a session appends to several streams, in its order', async (t) => {
  const client = await opened(t, '25.1.0')
  if (client === undefined) return
  const [a, b, c] = [await streamOf(client, 'new'), await streamOf(client, 'live'), await streamOf(client, 'soft-deleted')]
  const [ofA, ofB, ofC] = [events(2), events(1), events(2)]
  const done = await client.multiStreamAppend([to(a, ofA, NO_STREAM), to(b, ofB, 2n), to(c, ofC)])
  t.same(done.responses?.map(({ streamName, revision }) => [streamName, revision]), [[a, 1n], [b, 3n], [c, 4n]])
  const stored = [...await eventsOf(client, a), ...(await eventsOf(client, b)).slice(3), ...await eventsOf(client, c)]
  t.same(stored.map(({ event }) => event?.id), [...ofA, ...ofB, ...ofC].map(({ id }) => id))
  const positions = stored.map(({ event }) => event!.position!.commit)
  t.same(positions, positions.toSorted((a, b) => Number(a - b)), 'in the order of the session')
  t.equal(stored[3]?.event?.revision, 3n, 'a soft-deleted stream goes on after its end')
})

t.test('a session is all or nothing', async (t) => {
  const client = await opened(t, '25.1.0')
  if (client === undefined) return
  const fresh = await streamOf(client, 'new')
  const live = await streamOf(client, 'live')
  t.match(await rejection(client.multiStreamAppend([to(fresh, events(1)), to(live, events(1), NO_STREAM)])),
    { constructor: WrongExpectedVersionError, streamName: live, expectedState: 'no_stream', actualState: 2n })
  t.match(await rejection(client.multiStreamAppend([to(fresh, events(1), STREAM_EXISTS), to(live, events(1))])),
    { constructor: WrongExpectedVersionError, streamName: fresh, expectedState: 'stream_exists', actualState: 'no_stream' })
  for (const [kind, state] of [['tombstoned', ANY], ['soft-deleted', STREAM_EXISTS]] as const) {
    const gone = await streamOf(client, kind)
    t.match(await rejection(client.multiStreamAppend([to(fresh, events(1)), to(gone, events(1), state)])),
      { constructor: StreamTombstonedError, stream: gone })
  }
  t.equal((await eventsOf(client, live)).length, 3)
  t.match(await rejection(eventsOf(client, fresh)), { type: 'stream-not-found' })
})

t.test('a session sent again is one session', async (t) => {
  const client = await opened(t, '25.1.0')
  if (client === undefined) return
  const [a, b] = [await streamOf(client, 'new'), await streamOf(client, 'live')]
  const session = [to(a, events(2), NO_STREAM), to(b, events(2), 2n)]
  const first = await client.multiStreamAppend(session)
  const again = await client.multiStreamAppend(session)
  t.same(again.responses, first.responses)
  t.equal((await eventsOf(client, a)).length, 2)
  t.match(await rejection(client.multiStreamAppend([session[0]!, to(b, events(1))])), { constructor: WrongExpectedVersionError }, 'part new, part stored')
  t.equal((await eventsOf(client, b)).length, 5)
})

t.test('what cannot be a session', async (t) => {
  const client = await opened(t, '25.1.0')
  if (client === undefined) return
  const stream = uniqueType('session')
  t.match(await rejection(client.multiStreamAppend([])), { code: 9 }, 'no requests')
  t.match(await rejection(client.multiStreamAppend([to(stream, [])])), { code: 3 }, 'no records')
  t.match(await rejection(client.multiStreamAppend([to(stream, events(1)), to(stream.toUpperCase(), events(1))])), { code: 10 }, 'a stream twice')
  t.match(await rejection(client.multiStreamAppend([to(stream, [{ ...event(), type: 'no name!' }])])), { code: 3 }, 'a type that names no schema')
  t.match(await rejection(client.multiStreamAppend([to(stream, [event('no uuid')])])), { code: 3 }, 'no id')
  t.match(await rejection(client.multiStreamAppend([to(stream, [event('00000000-0000-0000-0000-000000000000')])])), { code: 3 }, 'the nil id')
  t.match(await rejection(eventsOf(client, stream)), { type: 'stream-not-found' })
})

t.test('properties of records are metadata to the first protocol', async (t) => {
  const client = await opened(t, '25.1.0')
  if (client === undefined) return
  const stream = uniqueType('session')
  const metadata = { $correlationId: 'k', quote: '"', empty: '' }
  const data = randomBytes(100)
  await client.multiStreamAppend([to(stream, [
    jsonEvent({ type: 'With', data: { ü: 1 }, metadata }),
    jsonEvent({ type: 'Without', data: {} }),
    binaryEvent({ type: 'Bytes', data, metadata } as never) as never
  ])])
  const [json, none, bytes] = await eventsOf(client, stream)
  t.same(json?.event?.metadata, { ...metadata, '$schema.name': 'With', '$schema.format': 'Json' })
  t.match(json?.event, { type: 'With', isJson: true, data: { ü: 1 } })
  t.same(none?.event?.metadata, { '$schema.name': 'Without', '$schema.format': 'Json' })
  t.match(bytes?.event, { isJson: false, metadata: { ...metadata, '$schema.format': 'Bytes' } })
  t.same(Buffer.from(bytes?.event?.data as Uint8Array), data)

  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ consumerStrategyName: 'PinnedByCorrelation' }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  t.equal((await consumer.received(3)).length, 3)
})

t.test('records of several streams, one between the others', async (t) => {
  const client = await opened(t, '26.1.0')
  if (client === undefined) return
  const [a, b, looked] = [uniqueType('a'), uniqueType('b'), await streamOf(client, 'live')]
  const appended = events(5)
  const done = await client.appendRecords([a, b, a, b, a].map((stream, i) => record(stream, appended[i]!)), [check(looked, 2n), check(a, NO_STREAM)])
  t.same(done.responses?.map(({ streamName, revision }) => [streamName, revision]), [[a, 2n], [b, 1n]], 'not of the stream that was looked at')
  const positions = new Map<string, bigint>()
  for (const stream of [a, b]) for (const { event } of await eventsOf(client, stream)) positions.set(event!.id, event!.position!.commit)
  t.same([...positions].toSorted(([, a], [, b]) => Number(a - b)).map(([id]) => id), appended.map(({ id }) => id), 'in the order of the request')
  t.equal((await eventsOf(client, looked)).length, 3)
})

t.test('all streams that are not as expected are told', async (t) => {
  const client = await opened(t, '26.1.0')
  if (client === undefined) return
  const [fresh, live, deleted, gone] = [await streamOf(client, 'new'), await streamOf(client, 'live'), await streamOf(client, 'soft-deleted'), await streamOf(client, 'tombstoned')]
  const [end, written] = [await streamOf(client, 'tombstoned'), await streamOf(client, 'tombstoned')]
  const error = await rejection(client.appendRecords([record(uniqueType('x'), event()), record(written, event())], [
    check(live, 7n), check(fresh, STREAM_EXISTS), check(deleted, STREAM_EXISTS), check(gone, STREAM_EXISTS), check(end, NO_STREAM), check(uniqueType('fits'), NO_STREAM)
  ])) as AppendConsistencyViolationError
  t.match(error, { constructor: AppendConsistencyViolationError })
  t.same(new Set(error.violations.map(({ checkIndex, streamName, expectedState, actualState }) => `${checkIndex} ${streamName} ${expectedState} ${actualState}`)), new Set([
    `0 ${live} 7 2`, `1 ${fresh} stream_exists no_stream`, `2 ${deleted} stream_exists -5`, `3 ${gone} stream_exists -6`, `7 ${written} any -6`
  ]), 'a tombstone is no stream, too; streams without a check are counted behind the checks')
})

t.test('checks of how a stream is deleted', async (t) => {
  const client = await opened(t, '26.1.0')
  if (client === undefined) return
  const [live, deleted, gone] = [await streamOf(client, 'live'), await streamOf(client, 'soft-deleted'), await streamOf(client, 'tombstoned')]
  const stream = uniqueType('x')
  await client.appendRecords([record(stream, event())], [check(deleted, -5n), check(gone, -6n)])
  t.match(await rejection(client.appendRecords([record(stream, event())], [check(live, -5n)])), { violations: [{ expectedState: -5n, actualState: 2n }] })
  t.match(await rejection(client.appendRecords([record(stream, event())], [check(live, -6n)])), { violations: [{ expectedState: -6n, actualState: 2n }] })
  t.match(await rejection(client.appendRecords([record(gone, event())], [check(gone, -6n)])), { constructor: AppendConsistencyViolationError })
  await client.appendRecords([record(deleted, event())], [check(deleted, -5n)])
  t.same((await eventsOf(client, deleted)).map(({ event }) => event?.revision), [3n])
  t.match(await rejection(eventsOf(client, gone)), { type: 'stream-deleted' })
})

t.test('records sent again are written once, whatever has become of what was looked at', async (t) => {
  const client = await opened(t, '26.1.0')
  if (client === undefined) return
  const [stream, looked] = [uniqueType('x'), await streamOf(client, 'live')]
  const records = [record(stream, event()), record(stream, event())]
  const checks = [check(stream, NO_STREAM), check(looked, 2n)]
  const first = await client.appendRecords(records, checks)
  await client.appendToStream(looked, events(1))
  const again = await client.appendRecords(records, checks)
  t.same([again.responses, again.position], [first.responses, first.position])
  t.match(await rejection(client.appendRecords([...records, record(looked, event())], checks)), { constructor: AppendConsistencyViolationError })
  t.equal((await eventsOf(client, stream)).length, 2)
})

t.test('what cannot be appended as records', async (t) => {
  const client = await opened(t, '26.1.0')
  if (client === undefined) return
  const stream = uniqueType('x')
  t.match(await rejection(client.appendRecords([])), { code: 3 }, 'none')
  t.match(await rejection(client.appendRecords([record(stream, event())], [check(stream, ANY)])), { code: 3 }, 'any is no state')
  t.match(await rejection(client.appendRecords([record(stream, event())], [check(stream, 0n), check(stream.toUpperCase(), 0n)])), { code: 3 }, 'checked twice')
  t.match(await rejection(client.appendRecords([record('', event())])), { code: 2 }, 'no stream')
  t.match(await rejection(client.appendRecords([record(' ', event())])), { code: 3 }, 'a blank')
  t.match(await rejection(client.appendRecords([record(stream, event())], [check('', NO_STREAM)])), { code: 3 }, 'a check of no stream')
  t.match(await rejection(eventsOf(client, stream)), { type: 'stream-not-found' })
})

t.test('limits of sessions and records', { skip: ofEmbedded }, async (t) => {
  const { client } = await own(t, { maxAppendSize: 2048, maxAppendEventSize: 1024 })
  const stream = uniqueType('x')
  // Beside the data its name counts, and the property with its format.
  const bytes = (size: number, id = randomUUID()) => binaryEvent({ id, type: 'Bytes', data: randomBytes(size) }) as never as Event
  const id = randomUUID()
  await client.multiStreamAppend([to(stream, [bytes(950), bytes(950)])])
  t.match(await rejection(client.multiStreamAppend([to(stream, [bytes(1024, id)])])), { constructor: AppendRecordSizeExceededError, stream, recordId: id, maxSize: 1024 })
  t.match(await rejection(client.appendRecords([record(stream, bytes(1024, id))])), { constructor: AppendRecordSizeExceededError, recordId: id })
  const tooMuch = { constructor: TransactionMaxSizeExceededError, maxSize: 2048 }
  t.match(await rejection(client.multiStreamAppend([to(stream, [bytes(900)]), to(`${stream}2`, [bytes(900), bytes(900)])])), tooMuch)
  t.match(await rejection(client.appendRecords([1, 2, 3].map((i) => record(`${stream}${i}`, bytes(900))))), tooMuch)
  t.equal((await eventsOf(client, stream)).length, 2)
})

t.test('links, groups and followers see what a session has written', async (t) => {
  const client = await opened(t, '25.1.0')
  if (client === undefined) return
  const category = uniqueType('order')
  await client.multiStreamAppend([to(`${category}-1`, events(2)), to(`${category}-2`, events(1))])
  const links = await until(async () => {
    const found = await eventsOf(client, `$ce-${category}`).catch(() => [])
    return found.length >= 3 && found
  })
  t.same(links.map(({ event }) => Buffer.from(event?.data as Uint8Array).toString()), [`0@${category}-1`, `1@${category}-1`, `0@${category}-2`])
})

t.test('older servers have none of it', { skip: ofEmbedded }, async (t) => {
  for (const emulate of ['23.10', '24.10'] as const) {
    const store = await startEmbeddedStore({ emulate })
    const client = KurrentDBClient.connectionString(store.connectionString)
    t.teardown(async () => {
      await client.dispose()
      await store.stop()
    })
    t.match(await rejection(client.multiStreamAppend([to('x', events(1))])), { constructor: UnsupportedError })
    t.match(await rejection(client.appendRecords([record('x', event())])), { constructor: UnsupportedError })
  }
})
