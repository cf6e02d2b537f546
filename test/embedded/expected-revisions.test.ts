import { StreamNotFoundError, WrongExpectedVersionError, type AppendStreamState } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { eventsOf, open, rejection } from './consumer.js'
import { nothingFitsTombstones } from './server-version.js'
import { KINDS, PATHS, append, events, streamOf, type Answer, type Kind } from './stream-kinds.js'

const TOMBSTONE_REVISION = 9223372036854775807n
const AT_HEAD = 2n
const BELOW = 1n
const ABOVE = 7n

const written = (revision: bigint): Answer => ({ written: revision })

function answers (expected: AppendStreamState): Record<Kind, Answer> {
  const noStream: Answer = { conflict: 'no_stream', expected }
  const conflict: Answer = { conflict: 2n, expected }
  switch (expected) {
    case 'any':
      return { new: written(0n), 'with metadata only': written(0n), live: written(3n), 'soft-deleted': written(3n), tombstoned: 'deleted' }
    case 'no_stream':
      return { new: written(0n), 'with metadata only': written(0n), live: conflict, 'soft-deleted': written(3n), tombstoned: 'deleted' }
    case 'stream_exists':
      return { new: noStream, 'with metadata only': written(0n), live: written(3n), 'soft-deleted': 'deleted', tombstoned: 'deleted' }
    case AT_HEAD:
      return { new: noStream, 'with metadata only': noStream, live: written(3n), 'soft-deleted': written(3n), tombstoned: 'deleted' }
    default:
      return { new: noStream, 'with metadata only': noStream, live: conflict, 'soft-deleted': conflict, tombstoned: 'deleted' }
  }
}

for (const path of PATHS) {
  t.test(`expected revisions by ${path}`, async (t) => {
    const { client } = await open(t)
    for (const expected of ['any', 'no_stream', 'stream_exists', AT_HEAD, BELOW, ABOVE] as const) {
      for (const kind of KINDS) {
        const stream = await streamOf(client, kind)
        t.same(await append(client, path, stream, events(1), expected), answers(expected)[kind], `${expected} on a stream that is ${kind}`)
      }
    }
  })

  t.test(`what is written to a soft-deleted stream stands after what was there, by ${path}`, async (t) => {
    const { client } = await open(t)
    const stream = await streamOf(client, 'soft-deleted')
    t.match(await rejection(eventsOf(client, stream)), { constructor: StreamNotFoundError })
    await append(client, path, stream, events(2), 'any')
    t.same((await eventsOf(client, stream)).map(({ event }) => event?.revision), [3n, 4n])
    t.same((await client.getStreamMetadata(stream)).metadata, { truncateBefore: 3 })
  })

  t.test(`an append of nothing, by ${path}`, async (t) => {
    const { client } = await open(t)
    t.same(await append(client, path, await streamOf(client, 'live'), [], 'any'), written(2n))
    t.same(await append(client, path, await streamOf(client, 'live'), [], AT_HEAD), written(2n))
    t.same(await append(client, path, await streamOf(client, 'live'), [], BELOW), { conflict: 2n, expected: BELOW })
    const tombstoned = await streamOf(client, 'tombstoned')
    const fits = await nothingFitsTombstones(client) ? written(TOMBSTONE_REVISION) : 'deleted'
    for (const expected of ['any', 'no_stream', TOMBSTONE_REVISION] as const) t.same(await append(client, path, tombstoned, [], expected), fits)
    for (const expected of ['stream_exists', 2n] as const) t.same(await append(client, path, tombstoned, [], expected), 'deleted')
    const stream = await streamOf(client, 'soft-deleted')
    t.same(await append(client, path, stream, [], 'any'), written(2n))
    t.same(await eventsOf(client, stream), [], 'the stream is there again, and empty')
  })
}

t.test('metadata written to a soft-deleted stream brings it back, without its old events', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'soft-deleted')
  await client.setStreamMetadata(stream, { owner: 'Ann' })
  t.same(await eventsOf(client, stream), [])
  t.same((await client.getStreamMetadata(stream)).metadata, { truncateBefore: 3, owner: 'Ann' })
  await client.appendToStream(stream, events(1), { streamState: AT_HEAD })
  t.same((await eventsOf(client, stream)).map(({ event }) => event?.revision), [3n])
})

t.test('the metadata of a tombstoned stream takes no more', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'tombstoned')
  t.same(await append(client, 'BatchAppend', `$$${stream}`, events(1), 'any'), 'deleted')
})

t.test('the events of one append stand next to each other, in their order', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  const batches = Array.from({ length: 20 }, () => events(5))
  await Promise.all(batches.map((batch) => client.appendToStream(stream, batch)))
  const ids = (await eventsOf(client, stream)).map(({ event }) => event?.id)
  for (const batch of batches) {
    const from = ids.indexOf(batch[0]?.id ?? '')
    t.same(ids.slice(from, from + 5), batch.map(({ id }) => id))
  }
  t.equal(ids.length, 100)
})

for (const way of ['deleteStream', 'tombstoneStream'] as const) {
  t.test(`expected revisions of ${way}`, async (t) => {
    const { client } = await open(t)
    const attempt = async (kind: Kind, expectedRevision: 'any' | 'no_stream' | bigint): Promise<unknown> =>
      await rejection(client[way](await streamOf(client, kind), { expectedRevision }))
    t.equal(await attempt('live', 'any'), undefined)
    t.equal(await attempt('live', AT_HEAD), undefined)
    t.match(await attempt('live', BELOW), { constructor: WrongExpectedVersionError, expectedState: BELOW, actualState: AT_HEAD })
    t.match(await attempt('live', ABOVE), { constructor: WrongExpectedVersionError, expectedState: ABOVE, actualState: AT_HEAD })
    t.match(await attempt('live', 'no_stream'), { constructor: WrongExpectedVersionError, expectedState: -1n, actualState: AT_HEAD })
    t.equal(await attempt('soft-deleted', 'any'), undefined)
    t.match(await attempt('tombstoned', 'any'), { type: 'stream-deleted' })
    if (way === 'tombstoneStream') t.equal(await attempt('new', 'any'), undefined)
    else t.match(await attempt('new', 'any'), { constructor: WrongExpectedVersionError, actualState: -1n })
  })
}

t.test('a soft delete takes the place of all metadata', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'live')
  await client.setStreamMetadata(stream, { maxCount: 2, owner: 'Ann' })
  await client.deleteStream(stream)
  const { metadata } = await client.getStreamMetadata(stream)
  t.same(Object.keys(metadata ?? {}), ['truncateBefore'])
})
