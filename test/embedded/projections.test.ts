import { randomUUID } from 'node:crypto'
import { START, binaryEvent, jsonEvent, type KurrentDBClient, type ResolvedEvent } from '@kurrent/kurrentdb-client'
import t, { type Test } from 'tap'
import { onRealServer, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { eventsOf, open, own, rejection } from './consumer.js'
import { event, events } from './stream-kinds.js'

const ofEmbedded = onRealServer && 'only the embedded store is ours to stop, or to spoil'

/** Has a projection run for the time of a test. */
async function running (t: Test, client: KurrentDBClient, name: string): Promise<void> {
  const { projectionStatus } = await client.getProjectionStatus(name)
  if (projectionStatus === 'Running') return
  await client.enableProjection(name)
  t.teardown(() => client.disableProjection(name))
}

/** What a projection has written into a stream, as it stands there, once that is so much. */
async function emitted (client: KurrentDBClient, stream: string, count: number, ours: (text: string) => boolean = () => true): Promise<ResolvedEvent[]> {
  return await until(async () => {
    const found: ResolvedEvent[] = []
    try {
      for await (const event of client.readStream(stream, { fromRevision: START })) if (ours(textOf(event))) found.push(event)
    } catch (error) {
      if ((error as { type?: string }).type !== 'stream-not-found') throw error
    }
    return found.length >= count && found
  })
}

function textOf ({ event }: ResolvedEvent): string {
  return Buffer.from(event?.data as Uint8Array).toString()
}

t.test('only $by_category runs until others are enabled', { skip: ofEmbedded }, async (t) => {
  const { client } = await own(t)
  t.same(Object.fromEntries((await client.listProjections()).map(({ name, projectionStatus }) => [name, projectionStatus])), {
    $by_category: 'Running',
    $stream_by_category: 'Stopped',
    $streams: 'Stopped',
    $by_event_type: 'Stopped',
    $by_correlation_id: 'Stopped'
  })
  const type = uniqueType('Type')
  await client.appendToStream(uniqueType('stream'), jsonEvent({ type, data: {} }))
  await client.enableProjection('$by_event_type')
  await emitted(client, `$et-${type}`, 1)
  t.match(await client.getProjectionStatus('$by_event_type'), { projectionStatus: 'Running', progress: 100 }, 'what was there before is linked')
  await client.disableProjection('$by_event_type')
  t.match(await client.getProjectionStatus('$by_event_type'), { projectionStatus: 'Stopped' })
  await client.enableProjection('$by_event_type')
  await client.abortProjection('$by_event_type')
  t.match(await client.getProjectionStatus('$by_event_type'), { projectionStatus: 'Stopped' })
  for (const attempt of [client.getProjectionState('$streams'), client.getProjectionResult('$streams'), client.resetProjection('$streams'), client.deleteProjection('$streams')]) {
    t.match(await rejection(attempt), { code: 12 }, 'what is not there says so')
  }
})

t.test('$by_event_type has a link to each event of a type, in the order of the log', async (t) => {
  const { client } = await open(t)
  await running(t, client, '$by_event_type')
  const [type, stream] = [uniqueType('Type'), uniqueType('stream')]
  const typed = () => jsonEvent({ type, data: {}, metadata: { $correlationId: 'c' } })
  for (let i = 0; i < 6; i++) await client.appendToStream(`${stream}-${i % 2}`, [typed(), event()])
  const found = await emitted(client, `$et-${type}`, 6)
  t.same(found.map(textOf), ['0', '0', '2', '2', '4', '4'].map((revision, i) => `${revision}@${stream}-${i % 2}`))
  t.match(found[0]?.event, { type: '$>', isJson: false, metadata: { $correlationId: 'c' } })

  await client.appendToStream(stream, binaryEvent({ type: '$>', data: Buffer.from(`0@${stream}-0`) }))
  await client.deleteStream(`${stream}-0`)
  await client.tombstoneStream(`${stream}-1`)
  const deleted = await emitted(client, '$et-$deleted', 2, (text) => text.includes(stream))
  t.same(deleted.map(textOf), [`0@${stream}-0`, `9223372036854775807@${stream}-1`])
  t.match(deleted[0]?.event?.metadata, { $deleted: -1 })
  t.match(await rejection(eventsOf(client, '$et-$>')), { type: 'stream-not-found' }, 'links are of no type')
})

t.test('$by_correlation_id has a link to each event of a correlation id', async (t) => {
  const { client } = await open(t)
  await running(t, client, '$by_correlation_id')
  const [id, stream] = [randomUUID(), uniqueType('stream')]
  const related = (metadata: Record<string, unknown>) => jsonEvent({ type: 'Related', data: {}, metadata })
  await client.appendToStream(stream, [related({ $correlationId: id }), event(), related({ other: {}, $correlationId: id })])
  await client.appendToStream(`${stream}-2`, [
    binaryEvent({ type: 'Odd', data: Buffer.from([1]), metadata: Buffer.from(JSON.stringify({ $correlationId: id })) }),
    binaryEvent({ type: 'Odd', data: Buffer.from([1]), metadata: Buffer.from([1, 2, 3]) })
  ])
  const found = await emitted(client, `$bc-${id}`, 3)
  t.same(found.map(textOf), [`0@${stream}`, `2@${stream}`, `0@${stream}-2`])
  t.match((found[0]?.event?.metadata as { $eventTimestamp: string }).$eventTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
})

t.test('$streams has a link to the first event of each stream, $stream_by_category a reference to it', async (t) => {
  const { client } = await open(t)
  await running(t, client, '$streams')
  await running(t, client, '$stream_by_category')
  const category = uniqueType('order')
  await client.appendToStream(`${category}-1`, events(2))
  await client.setStreamMetadata(`${category}-2`, { owner: 'Ann' })
  await client.appendToStream(`${category}-2`, events(1))
  await client.appendToStream(category, events(1))
  await client.appendToStream(`${category}-1`, events(1))
  const first = await emitted(client, '$streams', 4, (text) => text.includes(category))
  t.same(first.map(textOf), [`0@${category}-1`, `0@$$${category}-2`, `0@${category}-2`, `0@${category}`])
  const references = await emitted(client, `$category-${category}`, 2)
  t.same(references.map(textOf), [`${category}-1`, `${category}-2`])
  t.match(references[0]?.event, { type: '$@', isJson: false })
})

t.test('a projection goes on after a restart where it was, and stays stopped or enabled', { skip: ofEmbedded }, async (t) => {
  const data = t.testdir()
  const [type, category] = [uniqueType('Type'), uniqueType('order')]
  const typed = () => jsonEvent({ type, data: {} })
  const session = async (work: (client: KurrentDBClient) => Promise<void>) => {
    await t.test('a session', async (t) => {
      const { client } = await own(t, { data })
      await work(client)
    })
  }
  await session(async (client) => {
    await client.enableProjection('$by_event_type')
    for (let i = 0; i < 12; i++) await client.appendToStream(`${category}-${i % 3}`, Array.from({ length: 400 }, typed))
    await emitted(client, `$et-${type}`, 4800)
    await client.disableProjection('$by_category')
  })
  await session(async (client) => {
    t.match(await client.getProjectionStatus('$by_event_type'), { projectionStatus: 'Running' })
    t.match(await client.getProjectionStatus('$by_category'), { projectionStatus: 'Stopped' })
    await client.appendToStream(`${category}-1`, typed())
    await emitted(client, `$et-${type}`, 4801)
    await client.disableProjection('$by_event_type')
    await client.enableProjection('$by_category')
    await client.appendToStream(`${category}-1`, typed())
    await emitted(client, `$ce-${category}`, 4802)
  })
  await session(async (client) => {
    t.match(await client.getProjectionStatus('$by_event_type'), { projectionStatus: 'Stopped' })
    await client.enableProjection('$by_event_type')
    await client.appendToStream(`${category}-1`, typed())
    for (const stream of [`$et-${type}`, `$ce-${category}`]) {
      const found = (await emitted(client, stream, 4803)).map(textOf)
      t.equal(found.length, 4803)
      t.equal(new Set(found).size, found.length, `each once in ${stream}`)
    }
    const checkpoints = await eventsOf(client, '$projections-$by_event_type-checkpoint')
    t.match(checkpoints[0]?.event?.type, '$ProjectionCheckpoint')
  })
})

t.test('who writes into a stream of links spoils the projection', { skip: ofEmbedded }, async (t) => {
  const data = t.testdir()
  const category = uniqueType('order')
  await t.test('at the next link for it', async (t) => {
    const { client } = await own(t, { data })
    await client.appendToStream(`${category}-1`, events(1))
    await emitted(client, `$ce-${category}`, 1)
    await client.appendToStream(`$ce-${category}`, events(1))
    const other = uniqueType('other')
    await client.appendToStream(`${other}-1`, events(1))
    await emitted(client, `$ce-${other}`, 1)
    t.match(await client.getProjectionStatus('$by_category'), { projectionStatus: 'Running' }, 'not before')
    await client.appendToStream(`${category}-1`, events(1))
    const told = await until(async () => {
      const status = await client.getProjectionStatus('$by_category')
      return status.projectionStatus !== 'Running' && status
    })
    t.match(told.projectionStatus, /^Faulted/)
    t.match(told.stateReason, category)
    await client.enableProjection('$by_category')
    await until(async () => (await client.getProjectionStatus('$by_category')).projectionStatus.startsWith('Faulted'))
  })
  await t.test('also after a restart', async (t) => {
    const { client } = await own(t, { data })
    await until(async () => (await client.getProjectionStatus('$by_category')).projectionStatus.startsWith('Faulted'))
    await client.disableProjection('$by_category')
    t.match(await client.getProjectionStatus('$by_category'), { projectionStatus: 'Stopped', stateReason: '' })
  })
})
