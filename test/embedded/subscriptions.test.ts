import { END, START, eventTypeFilter, jsonEvent, streamNameFilter } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { open } from './consumer.js'
import { Follower } from './follower.js'
import { isBefore } from './server-version.js'
import { events, streamOf } from './stream-kinds.js'

/** From here on a follower that has caught up hears up to where. */
const SAYS_WHERE = '24.10.5'

t.test('a follower is confirmed, gets what is there, is told that it has caught up, and gets what comes', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'live')
  const follower = new Follower(t, client.subscribeToStream(stream))
  const { revision } = await follower.live()
  t.equal(revision, await isBefore(t, client, SAYS_WHERE) ? undefined : 2n)
  await client.appendToStream(stream, events(2))
  await follower.saw(5)
  t.same(follower.order, ['confirmed', 0, 1, 2, 'caught up', 3, 4])
})

t.test('where a follower begins', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'live')
  const after = new Follower(t, client.subscribeToStream(stream, { fromRevision: 1n }))
  const end = new Follower(t, client.subscribeToStream(stream, { fromRevision: END }))
  const start = new Follower(t, client.subscribeToStream(stream, { fromRevision: START }))
  const head = new Follower(t, client.subscribeToStream(stream, { fromRevision: 2n }))
  await Promise.all([after, end, start, head].map((follower) => follower.live()))
  await client.appendToStream(stream, events(1))
  await Promise.all([after.saw(2), end.saw(1), start.saw(4), head.saw(1)])
  t.same(after.order, ['confirmed', 2, 'caught up', 3])
  t.same(end.order, ['confirmed', 'caught up', 3])
  t.same(start.order, ['confirmed', 0, 1, 2, 'caught up', 3])
  t.same(head.order, ['confirmed', 'caught up', 3])
})

t.test('streams that are not there yet, or not any more', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  const early = new Follower(t, client.subscribeToStream(stream))
  const old = await isBefore(t, client, '24.10.0')
  // Servers as old as 23.10 do not say so before there is something.
  if (!old) t.equal((await early.live()).revision, undefined)
  await client.appendToStream(stream, events(1))
  await early.saw(1)

  const deleted = await streamOf(client, 'soft-deleted')
  const patient = new Follower(t, client.subscribeToStream(deleted))
  if (!old) await patient.live()
  await client.appendToStream(deleted, events(1))
  t.equal((await patient.saw(1))[0]?.event?.revision, 3n)

  const late = new Follower(t, client.subscribeToStream(await streamOf(client, 'tombstoned')))
  t.equal((await late.failed()).type, 'stream-deleted')
})

t.test('a tombstone is delivered, and ends the following', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'live')
  const follower = new Follower(t, client.subscribeToStream(stream))
  await follower.live()
  await client.tombstoneStream(stream)
  t.equal((await follower.failed()).type, 'stream-deleted')
  t.equal(follower.seen[3]?.event?.type, '$streamDeleted')
  t.equal(follower.seen[3]?.event?.revision, 2n ** 63n - 1n)
})

t.test('no gap and no double while others write', async (t) => {
  const { client, another } = await open(t)
  const stream = await streamOf(client, 'new')
  const writer = another()
  const writing = (async () => {
    for (let i = 0; i < 60; i++) await Promise.all([1, 7, 40].map((count) => writer.appendToStream(stream, events(count))))
  })()
  const all = Array.from({ length: 60 * 48 }, (_, i) => BigInt(i))
  const followers: Array<Promise<bigint[]>> = []
  while (followers.length < 10) {
    const follower = new Follower(t, client.subscribeToStream(stream))
    // What has ended it is seen below.
    await follower.live().catch(() => {})
    followers.push(followed(follower, all.length, (fromRevision) => new Follower(t, client.subscribeToStream(stream, { fromRevision }))))
  }
  await writing
  for (const revisions of await Promise.all(followers)) t.same(revisions, all)
})

/** What is seen until there are so many. A server may end the call of whoever is given much at once: then it is followed from there on. */
async function followed (follower: Follower, count: number, onwards: (revision: bigint | typeof START) => Follower): Promise<bigint[]> {
  const revisions: bigint[] = []
  for (let now = follower; ;) {
    const over = await until(() => now.error ?? (revisions.length + now.seen.length >= count && 'all'))
    revisions.push(...now.seen.map(({ event }) => event!.revision))
    if (over === 'all') return revisions
    if (!/too slow/.test(over.message)) throw over
    now = onwards(revisions.at(-1) ?? START)
  }
}

t.test('links can be followed to their events', async (t) => {
  const { client } = await open(t)
  const category = uniqueType('order')
  const follower = new Follower(t, client.subscribeToStream(`$ce-${category}`, { resolveLinkTos: true }))
  const ids: string[] = []
  for (let i = 0; i < 50; i++) {
    const batch = events(1 + i % 3)
    await client.appendToStream(`${category}-${i % 5}`, batch)
    ids.push(...batch.map(({ id }) => id ?? ''))
  }
  await follower.saw(ids.length)
  t.same(follower.seen.map(({ event }) => event?.id), ids)
  t.ok(follower.seen.every(({ link }) => link?.streamId === `$ce-${category}`))
})

t.test('following everything, from a position on, which is left out', async (t) => {
  const { client } = await open(t)
  const stream = uniqueType('everything')
  const { position } = await client.appendToStream(stream, events(1))
  await client.appendToStream(stream, events(2))
  const follower = new Follower(t, client.subscribeToAll({ fromPosition: position! }))
  const told = (await follower.live()).position
  if (await isBefore(t, client, SAYS_WHERE)) t.equal(told, undefined)
  else t.ok((told?.commit ?? 0n) > (position?.commit ?? 0n))
  await client.appendToStream(stream, events(2))
  const ours = await until(() => {
    const found = follower.seen.filter(({ event }) => event?.streamId === stream)
    return found.length >= 4 && found
  })
  t.same(ours.map(({ event }) => event?.revision), [1n, 2n, 3n, 4n])

  const end = new Follower(t, client.subscribeToAll({ fromPosition: END }))
  await end.live()
  t.same(end.seen.filter(({ event }) => event?.streamId === stream), [])
})

t.test('who filters hears how far the rest was looked through', async (t) => {
  const { client } = await open(t)
  const type = uniqueType('Wanted')
  const noise = uniqueType('noise')
  const { position } = await client.appendToStream(noise, events(1))
  const wanted = jsonEvent({ type, data: {} })
  const checkpoints: bigint[] = []
  const filter = eventTypeFilter({
    prefixes: [type],
    checkpointInterval: 2,
    maxSearchWindow: 10,
    checkpointReached: (_, { commit }) => { checkpoints.push(commit) }
  })
  for (let i = 0; i < 5; i++) await client.appendToStream(noise, events(20))

  const follower = new Follower(t, client.subscribeToAll({ fromPosition: position!, filter }))
  await follower.live()
  await client.appendToStream(noise, [wanted])
  await follower.saw(1)
  t.equal(follower.seen[0]?.event?.id, wanted.id)
  t.ok(checkpoints.length >= 5, 'while catching up')
  const before = checkpoints.length
  for (let i = 0; i < 5; i++) await client.appendToStream(noise, events(20))
  await until(() => checkpoints.length >= before + 5)
  t.same(checkpoints, [...new Set(checkpoints)].toSorted((a, b) => Number(a - b)), 'each once, upwards')

  const byName = new Follower(t, client.subscribeToAll({ fromPosition: position!, filter: streamNameFilter({ regex: `^${noise}$` }) }))
  t.equal((await byName.saw(201)).length, 201)
})

t.test('who leaves leaves nothing behind', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'live')
  for (let i = 0; i < 50; i++) {
    const follower = new Follower(t, client.subscribeToStream(stream))
    await follower.saw(3)
    await follower.leave()
  }
  const follower = new Follower(t, client.subscribeToStream(stream))
  await follower.live()
  t.same(follower.order, ['confirmed', 0, 1, 2, 'caught up'])
})
