import { randomUUID } from 'node:crypto'
import { StreamDeletedError, StreamNotFoundError, jsonEvent, type KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { until } from '../harness/until.js'
import { eventsOf, open, rejection } from './consumer.js'
import { events, streamOf } from './stream-kinds.js'

type ReadOptions = Parameters<KurrentDBClient['readStream']>[1]

async function revisions (client: KurrentDBClient, stream: string, options: ReadOptions = {}): Promise<number[]> {
  const read: number[] = []
  for await (const { event } of client.readStream(stream, options)) read.push(Number(event?.revision))
  return read
}

t.test('where a read begins and ends', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  await client.appendToStream(stream, events(5))
  const forwards = (fromRevision: 'start' | 'end' | bigint, maxCount = 100): Promise<number[]> =>
    revisions(client, stream, { fromRevision, maxCount })
  const backwards = (fromRevision: 'start' | 'end' | bigint, maxCount = 100): Promise<number[]> =>
    revisions(client, stream, { fromRevision, maxCount, direction: 'backwards' })

  t.same(await forwards('start'), [0, 1, 2, 3, 4])
  t.same(await forwards('start', 2), [0, 1])
  t.same(await forwards(3n), [3, 4])
  t.same(await forwards(4n), [4])
  t.same(await forwards(5n), [])
  t.same(await forwards(500n), [])
  t.same(await backwards('end'), [4, 3, 2, 1, 0])
  t.same(await backwards('end', 2), [4, 3])
  t.same(await backwards(2n), [2, 1, 0])
  t.same(await backwards(2n, 1), [2])
  t.same(await backwards(500n), [4, 3, 2, 1, 0])
})

t.test('a read longer than a page', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  await client.appendToStream(stream, events(700))
  const all = Array.from({ length: 700 }, (_, i) => i)
  t.same(await revisions(client, stream), all)
  t.same(await revisions(client, stream, { direction: 'backwards', fromRevision: 'end' }), all.toReversed())
  t.same(await revisions(client, stream, { fromRevision: 100n, maxCount: 500 }), all.slice(100, 600))
})

t.test('an event comes back as it was written', async (t) => {
  const { client } = await open(t)
  const stream = `größe ${randomUUID()}`
  const written = jsonEvent({ type: 'Ünicode 🙂', data: { text: 'ä🙂', number: 1.5 }, metadata: { $correlationId: 'c' } })
  const before = Date.now()
  await client.appendToStream(stream, [written])
  const [resolved] = await eventsOf(client, stream)
  t.match(resolved?.event, {
    streamId: stream,
    id: written.id,
    revision: 0n,
    type: written.type,
    isJson: true,
    data: written.data,
    metadata: written.metadata
  })
  const created = resolved?.event?.created.getTime() ?? 0
  t.ok(created > before - 60_000 && created < Date.now() + 60_000)
  t.equal(resolved?.link, undefined)
})

t.test('streams that cannot be read', async (t) => {
  const { client } = await open(t)
  for (const direction of ['forwards', 'backwards'] as const) {
    const read = async (kind: Parameters<typeof streamOf>[1]): Promise<unknown> =>
      await rejection(revisions(client, await streamOf(client, kind), { direction, fromRevision: direction === 'forwards' ? 'start' : 'end' }))
    t.match(await read('new'), { constructor: StreamNotFoundError })
    t.match(await read('with metadata only'), { constructor: StreamNotFoundError })
    t.match(await read('soft-deleted'), { constructor: StreamNotFoundError })
    t.match(await read('tombstoned'), { constructor: StreamDeletedError })
  }
  t.match(await rejection(revisions(client, `$$${await streamOf(client, 'tombstoned')}`)), { constructor: StreamDeletedError })
})

t.test('$maxCount leaves the last events', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  await client.setStreamMetadata(stream, { maxCount: 3 })
  await client.appendToStream(stream, events(10))
  t.same(await revisions(client, stream), [7, 8, 9])
  t.same(await revisions(client, stream, { fromRevision: 2n }), [7, 8, 9])
  t.same(await revisions(client, stream, { fromRevision: 8n }), [8, 9])
  t.same(await revisions(client, stream, { direction: 'backwards', fromRevision: 'end' }), [9, 8, 7])
  t.same(await revisions(client, stream, { direction: 'backwards', fromRevision: 5n }), [])
  await client.appendToStream(stream, events(1), { streamState: 9n })
  t.same(await revisions(client, stream), [8, 9, 10])
})

t.test('$tb hides what stands below', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  await client.appendToStream(stream, events(10))
  await client.setStreamMetadata(stream, { truncateBefore: 6 })
  t.same(await revisions(client, stream), [6, 7, 8, 9])
  t.same(await revisions(client, stream, { direction: 'backwards', fromRevision: 'end' }), [9, 8, 7, 6])
  await client.setStreamMetadata(stream, { truncateBefore: 6, maxCount: 2 })
  t.same(await revisions(client, stream), [8, 9], 'the higher of two bounds counts')
  await client.setStreamMetadata(stream, { truncateBefore: 100 })
  t.same(await revisions(client, stream), [], 'a bound above the head leaves an empty stream')
  await client.setStreamMetadata(stream, {})
  t.same((await revisions(client, stream)).length, 10, 'what was hidden is there again')
})

t.test('$maxAge hides what is old', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  await client.appendToStream(stream, events(3))
  await client.setStreamMetadata(stream, { maxAge: 1 })
  await until(async () => (await revisions(client, stream)).length === 0)
  await client.setStreamMetadata(stream, { maxAge: 3600 })
  t.same(await revisions(client, stream), [0, 1, 2])
  await client.setStreamMetadata(stream, { maxAge: 1 })
  await client.appendToStream(stream, events(1), { streamState: 2n })
  t.same(await revisions(client, stream, { direction: 'backwards', fromRevision: 'end' }), [3])
})

t.test('metadata that is not as it must be counts as none, and a number that says nothing does not count', async (t) => {
  const { client } = await open(t)
  for (const metadata of [{ $maxCount: 0 }, { $maxCount: 'two' }, { $maxCount: 2, $maxAge: '1' }, { $maxCount: 2, $tb: 1.5 }, { $maxCount: 2, $acl: [] }, { $maxAge: -1 }]) {
    const stream = await streamOf(client, 'live')
    await client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data: metadata }))
    t.same(await revisions(client, stream), [0, 1, 2], JSON.stringify(metadata))
  }
})

t.test('the number that JavaScript makes of a soft delete brings the stream back', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'soft-deleted')
  await client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data: { $tb: Number(2n ** 63n - 1n) } }))
  t.same(await revisions(client, stream), [])
  t.same((await client.getStreamMetadata(stream)).metadata, { truncateBefore: 3 })
})

t.test('all metadata is kept, the newest is seen', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'live')
  const acl = { $r: ['ann'] }
  await client.setStreamMetadata(stream, { owner: 'Ann' })
  await client.appendToStream(`$$${stream}`, jsonEvent({ type: '$metadata', data: { owner: 'Bob', $acl: acl, $maxCount: 5 } }))
  t.same(await revisions(client, `$$${stream}`), [1])
  const [newest] = await eventsOf(client, `$$${stream}`)
  t.same(newest?.event?.data, { owner: 'Bob', $acl: acl, $maxCount: 5 })
  t.match((await client.getStreamMetadata(stream)).metadata, { owner: 'Bob', maxCount: 5 })
})

t.test('a read that is given up ends at the server too, and the client goes on', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  await client.appendToStream(stream, events(2_000))
  for (let i = 0; i < 5; i++) {
    for await (const { event } of client.readStream(stream)) if (event?.revision === 3n) break
  }
  t.same(await revisions(client, stream, { maxCount: 2 }), [0, 1])
})
