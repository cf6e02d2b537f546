import { status } from '@grpc/grpc-js'
import { START, END, type KurrentDBClient, type Position, eventTypeFilter, streamNameFilter, jsonEvent } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { onRealServer, uniqueType } from '../harness/store.js'
import { allSettings, open, rejection } from './consumer.js'
import { events, streamOf } from './stream-kinds.js'

const skip = onRealServer && 'a real server has all of .NET'

interface Seen { stream: string, type: string, id: string, position: bigint }
type ReadAllOptions = Parameters<KurrentDBClient['readAll']>[0]

async function readAll (client: KurrentDBClient, options: ReadAllOptions): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const { event, commitPosition } of client.readAll(options)) {
    if (event !== undefined) seen.push({ stream: event.streamId, type: event.type, id: event.id, position: commitPosition ?? 0n })
  }
  return seen
}

function at (position: Position | undefined): Position {
  if (position === undefined) throw new Error('The append told no position')
  return position
}

t.test('all events in the order of the log, from a position on, which is read forwards and not backwards', async (t) => {
  const { client } = await open(t)
  const [a, b] = [uniqueType('a'), uniqueType('b')]
  const first = await client.appendToStream(a, events(1))
  await client.appendToStream(b, events(2))
  const third = await client.appendToStream(a, events(1), { streamState: 0n })
  const ours = ({ stream }: Seen): boolean => stream === a || stream === b

  const forwards = (await readAll(client, { direction: 'forwards', fromPosition: at(first.position) })).filter(ours)
  t.same(forwards.map(({ stream }) => stream), [a, b, b, a])
  t.same(forwards.map(({ position }) => position), forwards.map(({ position }) => position).toSorted((x, y) => Number(x - y)))
  t.equal(forwards[0]?.position, first.position?.commit)
  t.equal(forwards[3]?.position, third.position?.commit)
  const steps = forwards.slice(1).map(({ position }, i) => position - (forwards[i]?.position ?? 0n))
  t.ok(steps.every((step) => step > 1n), 'positions are no count')

  const backwards = (await readAll(client, { direction: 'backwards', fromPosition: at(third.position), maxCount: 100 })).filter(ours)
  t.same(backwards.map(({ id }) => id), forwards.slice(0, 3).map(({ id }) => id).toReversed())
  const last = (await readAll(client, { direction: 'backwards', fromPosition: END, maxCount: 5_000 })).filter(ours)
  t.same(last.map(({ id }) => id), forwards.map(({ id }) => id).toReversed())
  t.equal((await readAll(client, { direction: 'forwards', fromPosition: at(first.position), maxCount: 1 }))[0]?.id, forwards[0]?.id)
})

t.test('system events are there, and what deleted streams held', async (t) => {
  const { client } = await open(t)
  const type = uniqueType('order')
  const { position } = await client.appendToStream(uniqueType('before'), events(1))
  await client.appendToStream(`${type}-1`, events(2))
  await client.deleteStream(`${type}-1`)
  await client.appendToStream(`${type}-2`, events(1))
  await client.tombstoneStream(`${type}-2`)
  const seen = (await readAll(client, { fromPosition: at(position) })).filter(({ stream }) => stream.includes(type))
  const having = (stream: string): string[] => seen.filter((event) => event.stream === stream).map((event) => event.type)
  t.same(having(`${type}-1`), ['Tried', 'Tried'])
  t.same(having(`$$${type}-1`), ['$metadata'])
  t.same(having(`${type}-2`), ['Tried', '$streamDeleted'])
})

t.test('filters', async (t) => {
  const { client } = await open(t)
  const type = uniqueType('order')
  const { position } = await client.appendToStream(uniqueType('before'), events(1))
  await client.appendToStream(`${type}-1`, [jsonEvent({ type: `${type}A`, data: {} }), jsonEvent({ type: `${type}B`, data: {} })])
  await client.appendToStream(`x-${type}`, [jsonEvent({ type: `${type}A`, data: {} })])
  await client.appendToStream(uniqueType('noise'), events(300))
  const found = async (filter: NonNullable<ReadAllOptions>['filter'], maxCount = 100): Promise<string[]> =>
    (await readAll(client, { fromPosition: at(position), filter: filter!, maxCount })).map((seen) => `${seen.stream} ${seen.type}`)

  t.same(await found(eventTypeFilter({ prefixes: [`${type}A`] })), [`${type}-1 ${type}A`, `x-${type} ${type}A`])
  t.same(await found(eventTypeFilter({ regex: `${type}[B]$` })), [`${type}-1 ${type}B`])
  t.same(await found(streamNameFilter({ prefixes: [`${type}-`, 'nowhere'] })), [`${type}-1 ${type}A`, `${type}-1 ${type}B`])
  t.same(await found(streamNameFilter({ regex: `^x-${type}` })), [`x-${type} ${type}A`])
  t.same(await found(streamNameFilter({ regex: `(?i)\\A${type.toUpperCase()}-1\\z` })), [`${type}-1 ${type}A`, `${type}-1 ${type}B`])
  t.same(await found(eventTypeFilter({ prefixes: [type] }), 2), [`${type}-1 ${type}A`, `${type}-1 ${type}B`], 'what is left out does not count')
})

t.test('a filter that cannot be followed is refused, by reads and by groups', { skip }, async (t) => {
  const { client } = await open(t)
  const filter = streamNameFilter({ regex: '(?>order)' })
  t.match(await rejection(readAll(client, { filter })), { message: /\(\?>order\).*cannot be used here/ })
  t.match(await rejection(client.createPersistentSubscriptionToAll(uniqueType('group'), allSettings(), { filter })),
    { code: status.INVALID_ARGUMENT, message: /\(\?>order\).*cannot be used here/ })
})

t.test('reading all does not mind what kinds of streams there are', async (t) => {
  const { client } = await open(t)
  for (const kind of ['soft-deleted', 'tombstoned', 'with metadata only'] as const) await streamOf(client, kind)
  t.ok((await readAll(client, { fromPosition: START, resolveLinkTos: true, maxCount: 1_000 })).length > 0)
})
