import { binaryEvent, jsonEvent, type KurrentDBClient, type ResolvedEvent } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { onRealServer, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { open, own, rejection } from './consumer.js'
import { events } from './stream-kinds.js'

const skip = onRealServer && 'a real server makes no faults on demand'

async function linked (client: KurrentDBClient, stream: string, resolveLinkTos = true): Promise<ResolvedEvent[]> {
  const found: ResolvedEvent[] = []
  try {
    for await (const event of client.readStream(stream, { resolveLinkTos })) found.push(event)
  } catch (error) {
    if ((error as { type?: string }).type !== 'stream-not-found') throw error
  }
  return found
}

/** The links of a category once there are as many. */
async function links (client: KurrentDBClient, category: string, count: number, resolveLinkTos = true): Promise<ResolvedEvent[]> {
  return await until(async () => {
    const found = await linked(client, `$ce-${category}`, resolveLinkTos)
    return found.length >= count && found
  })
}

t.test('a category has a link to each event of its streams, in the order of the log', async (t) => {
  const { client } = await open(t)
  const category = uniqueType('order')
  const expected: string[] = []
  for (let i = 0; i < 20; i++) {
    const batch = events(3)
    await client.appendToStream(`${category}-${i % 4}`, batch)
    expected.push(...batch.map(({ id }) => id ?? ''))
  }
  const found = await links(client, category, 60)
  t.same(found.map(({ event }) => event?.id), expected)
  t.same(found.map(({ link }) => link?.revision), expected.map((_, i) => BigInt(i)))
  t.equal(found[0]?.link?.streamId, `$ce-${category}`)
  t.equal(found[0]?.link?.type, '$>')
  t.not(found[0]?.link?.id, found[0]?.event?.id)
  t.equal(found[0]?.commitPosition, found[0]?.link?.position?.commit)
})

t.test('what a link holds', async (t) => {
  const { client } = await open(t)
  const category = uniqueType('order')
  const stream = `${category}-1-"x"`
  const first = jsonEvent({ type: 'A', data: {}, metadata: { $correlationId: 'c"1', other: 1 } })
  const second = jsonEvent({ type: 'B', data: {}, metadata: { nested: { $correlationId: 'no' } } })
  await client.appendToStream(stream, [first, second])
  const [one, two] = await links(client, category, 2, false)
  t.equal(Buffer.from(one?.event?.data as Uint8Array).toString(), `0@${stream}`)
  t.equal(one?.event?.isJson, false)
  t.match(one?.event?.metadata, { $o: stream, $causedBy: first.id, $correlationId: 'c"1' })
  t.equal(Buffer.from(two?.event?.data as Uint8Array).toString(), `1@${stream}`)
  t.notOk('$correlationId' in (two?.event?.metadata as object))
})

t.test('the category of a name is what stands before the first dash', async (t) => {
  const { client } = await open(t)
  const category = uniqueType('order')
  await client.appendToStream(category, events(1))
  await client.appendToStream(`-${category}`, events(1))
  await client.appendToStream(`$${category}-1`, events(1))
  await client.appendToStream(`${category}-`, events(1))
  await client.appendToStream(`${category}-1-2`, events(1))
  const found = await links(client, category, 2)
  t.same(found.map(({ event }) => event?.streamId), [`${category}-`, `${category}-1-2`])
  t.same(await linked(client, '$ce-'), [])
  t.same(await linked(client, `$ce-$${category}`), [])
})

t.test('links to what is gone come without an event', async (t) => {
  const { client } = await open(t)
  const category = uniqueType('order')
  for (const name of ['truncated', 'deleted', 'tombstoned', 'live']) await client.appendToStream(`${category}-${name}`, events(2))
  await client.setStreamMetadata(`${category}-truncated`, { truncateBefore: 1 })
  await client.deleteStream(`${category}-deleted`)
  await client.tombstoneStream(`${category}-tombstoned`)
  const found = await links(client, category, 10)
  t.same(found.slice(0, 8).map(({ event }) => event?.streamId.split('-')[1]),
    [undefined, 'truncated', undefined, undefined, undefined, undefined, 'live', 'live'])
  t.ok(found.every(({ link }) => link?.type === '$>'))

  const [softDelete, tombstone] = found.slice(8)
  t.equal(softDelete?.event?.type, '$metadata', 'a soft delete is linked by its metadata')
  t.equal(softDelete?.event?.streamId, `$$${category}-deleted`)
  t.match(softDelete?.link?.metadata, { $deleted: -1, $o: `${category}-deleted` })
  t.equal(tombstone?.event, undefined, 'a tombstone is linked by what can never be read')
  t.match(tombstone?.link?.metadata, { $deleted: -1 })
})

t.test('other metadata is not linked', async (t) => {
  const { client } = await open(t)
  const category = uniqueType('order')
  await client.setStreamMetadata(`${category}-1`, { owner: 'Ann' })
  await client.appendToStream(`${category}-1`, events(1))
  t.equal((await links(client, category, 1)).length, 1)
})

t.test('a link in a stream of the category is linked to its target', async (t) => {
  const { client } = await open(t)
  const [category, elsewhere] = [uniqueType('order'), uniqueType('elsewhere')]
  const [target] = events(1)
  await client.appendToStream(elsewhere, [target!])
  await client.appendToStream(`${category}-1`, [linkTo(elsewhere, 0), linkTo(elsewhere, 5), linkTo('', 0)])
  const found = await links(client, category, 3)
  t.equal(found[0]?.event?.id, target?.id)
  t.equal(found[1]?.event, undefined, 'no such event')

  const own = await linked(client, `${category}-1`)
  t.equal(own[0]?.event?.id, target?.id)
  t.equal(own[0]?.link?.streamId, `${category}-1`)
})

t.test('links of a user: to an event, to the last one, to a link, and to nothing', async (t) => {
  const { client } = await open(t)
  const [target, first, second, odd] = [uniqueType('target'), uniqueType('first'), uniqueType('second'), uniqueType('odd')]
  const [event] = events(1)
  await client.appendToStream(target, [event!])
  await client.appendToStream(first, [linkTo(target, 0)])
  await client.appendToStream(second, [linkTo(first, 0)])
  const [plain, leading, broken] = [
    ['x@y', '@', `9223372036854775808@${target}`, `1_0@${target}`],
    [`-1@${target}`, ` 0@${target}`, `+0 @${target}`, `-0@${target}`, `00@${target}`],
    ['0', '0@', `-2@${target}`, `1@${target}`, `-1@${uniqueType('none')}`, `0@${target}@x`]
  ]
  await client.appendToStream(odd, [...plain, ...leading, ...broken].map((text) => binaryEvent({ type: '$>', data: Buffer.from(text) })))
  t.match((await linked(client, first))[0], { event: { id: event!.id }, link: { streamId: first } })
  t.match((await linked(client, second))[0], { event: { streamId: first, type: '$>' }, link: { streamId: second } }, 'one step, not two')
  t.same((await linked(client, odd)).map(({ event, link }) => [event?.type, link?.type]), [
    ...plain.map(() => ['$>', undefined]), ...leading.map(() => [event!.type, '$>']), ...broken.map(() => [undefined, '$>'])
  ], 'plain events where no number stands first, links to what is there, and links to nothing')
})

function linkTo (stream: string, revision: number): ReturnType<typeof binaryEvent> {
  return binaryEvent({ type: '$>', data: Buffer.from(`${revision}@${stream}`) })
}

t.test('anyone may read a category', async (t) => {
  const { client } = await open(t)
  const category = uniqueType('order')
  await client.appendToStream(`${category}-1`, events(1))
  await links(client, category, 1)
  const [acl] = await linked(client, `$$$ce-${category}`, false)
  t.same(acl?.event?.data, { $acl: { $r: '$all', $mr: '$all' } })
})

t.test('the projection can be looked at, stopped, and made to go on', { skip }, async (t) => {
  const { client } = await own(t)
  const category = uniqueType('order')
  t.match(await client.getProjectionStatus('$by_category'), { name: '$by_category', projectionStatus: 'Running' })
  await client.disableProjection('$by_category')
  t.match(await client.getProjectionStatus('$by_category'), { projectionStatus: 'Stopped' })
  const before = events(3)
  await client.appendToStream(`${category}-1`, before)
  t.same(await linked(client, `$ce-${category}`), [])
  await client.enableProjection('$by_category')
  t.match(await client.getProjectionStatus('$by_category'), { projectionStatus: 'Running' })
  t.same((await links(client, category, 3)).map(({ event }) => event?.id), before.map(({ id }) => id))
  t.ok((await client.listProjections()).some(({ name }) => name === '$by_category'))
  for (const attempt of [client.getProjectionStatus('$no_such'), client.enableProjection('$no_such'), client.disableProjection('$no_such')]) {
    t.match(await rejection(attempt), { type: 'not-found' })
  }
})

t.test('links can be held back', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const category = uniqueType('order')
  embedded?.faults.holdLinks()
  const batch = events(700)
  await client.appendToStream(`${category}-1`, batch)
  t.match(await client.getProjectionStatus('$by_category'), { projectionStatus: 'Running' })
  t.same(await linked(client, `$ce-${category}`), [])
  embedded?.faults.releaseLinks()
  t.same((await links(client, category, 700)).map(({ event }) => event?.id), batch.map(({ id }) => id))
})
