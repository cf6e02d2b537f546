import t from 'tap'
import { jsonEvent } from '@kurrent/kurrentdb-client'
import type { ReadPage } from '../../lib/store/index.js'
import { openRelay } from '../harness/relay.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { openFor, operator, portOf, things } from './things.js'

function revisions (page: ReadPage): (bigint | undefined)[] | string {
  return page.kind === 'page' ? page.events.map(({ event, link }) => (link ?? event)?.revision) : page.kind
}

function head (page: ReadPage): bigint | string | undefined {
  return page.kind === 'page' ? page.head : page.kind
}

t.test('pages in both directions', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Page')}-1`
  await store.append(stream, 'no_stream', things(75))
  const all = Array.from({ length: 75 }, (_, index) => BigInt(index))

  const forwards: unknown[] = []
  for (let from = 0n; ; from += 20n) {
    const page = await store.read(stream, { direction: 'forwards', from, count: 20 })
    t.equal(head(page), 74n)
    if (page.kind !== 'page' || page.events.length === 0) break
    forwards.push(...revisions(page))
  }
  t.strictSame(forwards, all)

  const first = await store.read(stream, { direction: 'backwards', from: 'end', count: 40 })
  const second = await store.read(stream, { direction: 'backwards', from: 34n, count: 40 })
  t.strictSame([...revisions(first), ...revisions(second)], all.toReversed())
  t.equal(head(first), 74n)
  t.equal(head(second), 74n)
  t.strictSame(revisions(await store.read(stream, { direction: 'forwards', from: 'start', count: 2 })), [0n, 1n])
  t.strictSame(revisions(await store.read(stream, { direction: 'forwards', from: 70n, count: 500 })), [70n, 71n, 72n, 73n, 74n])
})

t.test('streams that never were, were deleted, and are tombstoned', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const client = operator(t, connectionString)
  const type = uniqueType('Kinds')
  const both = async (stream: string): Promise<string[]> => [
    (await store.read(stream, { direction: 'forwards', from: 'start', count: 5 })).kind,
    (await store.read(stream, { direction: 'backwards', from: 'end', count: 5 })).kind
  ]
  t.strictSame(await both(`${type}-never`), ['no_stream', 'no_stream'])
  await store.append(`${type}-soft`, 'any', things(2))
  await client.deleteStream(`${type}-soft`)
  t.strictSame(await both(`${type}-soft`), ['no_stream', 'no_stream'])
  await store.append(`${type}-hard`, 'any', things(2))
  await client.tombstoneStream(`${type}-hard`)
  t.strictSame(await both(`${type}-hard`), ['deleted', 'deleted'])
})

t.test('a truncated stream', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const client = operator(t, connectionString)
  const type = uniqueType('Cut')
  await store.append(`${type}-1`, 'any', things(6))
  await client.setStreamMetadata(`${type}-1`, { truncateBefore: 4 })
  const before = await store.read(`${type}-1`, { direction: 'forwards', from: 'start', count: 10 })
  t.strictSame([revisions(before), head(before)], [[4n, 5n], 5n])
  await store.append(`${type}-2`, 'any', things(6))
  await client.setStreamMetadata(`${type}-2`, { maxCount: 1 })
  const count = await store.read(`${type}-2`, { direction: 'forwards', from: 0n, count: 10 })
  t.strictSame([revisions(count), head(count)], [[5n], 5n])
  await store.append(`${type}-3`, 'any', things(6))
  await client.setStreamMetadata(`${type}-3`, { truncateBefore: 100 })
  const nothing = await store.read(`${type}-3`, { direction: 'forwards', from: 'start', count: 10 })
  t.strictSame([revisions(nothing), head(nothing)], [[], 5n])
})

t.test('a stream whose events have all expired still says where it stands', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Aged')}-1`
  await store.append(stream, 'any', things(3))
  await operator(t, connectionString).setStreamMetadata(stream, { maxAge: 1 })
  let page: ReadPage = { kind: 'no_stream' }
  await until(async () => {
    page = await store.read(stream, { direction: 'forwards', from: 'start', count: 10 })
    return page.kind === 'page' && page.events.length === 0
  })
  t.equal(head(page), 2n)
  const backwards = await store.read(stream, { direction: 'backwards', from: 'end', count: 1 })
  t.strictSame([revisions(backwards), head(backwards)], [[], 2n])
  t.strictSame(await store.append(stream, 2n, things(1)), { kind: 'written', revision: 3n })
})

t.test('links, with and without their targets', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const client = operator(t, connectionString)
  const type = uniqueType('Link')
  await store.append(`${type}-1`, 'any', things(2))
  await store.append(`${type}-2`, 'any', things(1))
  const category = `$ce-${type}`
  await until(async () => head(await store.read(category, { direction: 'forwards', from: 'start', count: 9 })) === 2n)

  const plain = await store.read(category, { direction: 'forwards', from: 'start', count: 9 })
  t.match(plain, { events: [{ event: { type: '$>', stream: category, revision: 0n } }, { event: { type: '$>' } }, { event: { type: '$>' } }] })
  const resolved = await store.read(category, { direction: 'forwards', from: 'start', count: 9, resolveLinks: true })
  t.match(resolved, {
    events: [
      { event: { stream: `${type}-1`, revision: 0n, type: 'Thing' }, link: { stream: category, revision: 0n } },
      { event: { stream: `${type}-1`, revision: 1n }, link: { stream: category, revision: 1n } },
      { event: { stream: `${type}-2`, revision: 0n }, link: { stream: category, revision: 2n } }
    ]
  })

  await client.tombstoneStream(`${type}-2`)
  const leftOver = await store.read(category, { direction: 'forwards', from: 2n, count: 1, resolveLinks: true })
  t.match(leftOver, { events: [{ link: { stream: category, revision: 2n } }] })
  t.equal(leftOver.kind === 'page' && leftOver.events[0]?.event, undefined)
})

t.test('an event that is not JSON', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Kind')}-1`
  await operator(t, connectionString).appendToStream(stream, [
    jsonEvent({ type: 'Json', data: { a: 1 } }),
    { id: '5b6fb5a1-6a3c-4a53-9c2c-53d2a7ddc9a1', contentType: 'application/octet-stream', type: 'Bytes', data: new Uint8Array([1, 2, 3]), metadata: undefined }
  ])
  const page = await store.read(stream, { direction: 'forwards', from: 'start', count: 2 })
  t.match(page, { events: [{ event: { json: true, type: 'Json' } }, { event: { json: false, type: 'Bytes', data: new Uint8Array([1, 2, 3]) } }] })
})

t.test('a store that is away is told in a coded error whose cause says what to do; later reads work', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString))
  const stream = `${uniqueType('Away')}-1`
  const read = { direction: 'forwards', from: 'start', count: 1 } as const
  await relay.refuse()
  await t.rejects(store.read(stream, read), { code: 'UNISTREAM_STORE_UNAVAILABLE', cause: { trouble: 'unavailable', message: /check that KurrentDB runs/ } })
  await relay.accept()
  t.strictSame(await store.read(stream, read), { kind: 'no_stream' })
  relay.hold()
  const lost = store.read(stream, read)
  relay.cut()
  await t.rejects(lost, { code: 'UNISTREAM_STORE_UNAVAILABLE' })
  t.strictSame(await store.read(stream, read), { kind: 'no_stream' })
})

t.test('a read of a server that hangs ends with the limit; the next goes by a fresh connection', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString), 0.5)
  const stream = `${uniqueType('Hang')}-1`
  const read = { direction: 'forwards', from: 'start', count: 1 } as const
  await store.read(stream, read)
  relay.hold()
  await t.rejects(store.read(stream, read), { code: 'UNISTREAM_STORE_UNAVAILABLE', cause: { trouble: 'timeout' } })
  t.strictSame(await store.read(stream, read), { kind: 'no_stream' })
})
