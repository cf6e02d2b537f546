import t from 'tap'
import { randomUUID } from 'node:crypto'
import { failEvent, parseJson, readMetadata } from '../../lib/outcome/index.js'
import { onRealServer } from '../harness/store.js'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

t.test('a command that came before the first worker is decided, and acknowledged', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const comId = await s.send(aggId, 'Start', {})
  const { worker } = s.worker()
  t.equal(await s.outcome(aggId, comId), 'succeeded')
  await s.drained()
  t.match(worker.readiness(), { ready: true, reasons: [], warnings: [] })
  const info = await s.store.groupInfo(s.streams.commands, 'UniStream')
  t.match(info?.settings, { strategy: 'PinnedByCorrelation', resolveLinkTos: false, messageTimeout: 30_000 })
  const [event] = await s.events(s.streams.aggregate(aggId))
  t.match(readMetadata(event!.metadata), { aggId, comId, index: 0, count: 1, command: 'Start' })
})

t.test('commands of one aggregate are decided in the order of the command stream', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const sent = [await s.send(aggId, 'Start', {})]
  for (let n = 1; n <= 50; n++) sent.push(await s.send(aggId, 'Add', { by: n }))
  s.worker()
  await s.outcome(aggId, sent.at(-1)!)
  t.same(await s.decided(aggId), sent)
})

t.test('commands that wait for one aggregate are decided in one append', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const sent = [await s.send(aggId, 'Start', {})]
  for (let n = 0; n < 40; n++) sent.push(await s.send(aggId, 'Add', { by: 1 }))
  const { own } = s.worker()
  const append = own.append
  let appends = 0
  own.append = (stream, expected, appended) => {
    if (stream === s.streams.aggregate(aggId)) appends++
    return append.call(own, stream, expected, appended)
  }
  await s.outcome(aggId, sent.at(-1)!)
  // A real server has them arrive one after the other, and most are decided before the last is there.
  t.ok(appends > 0 && appends < sent.length / (onRealServer ? 1 : 4), `${appends} appends for ${sent.length} commands`)
})

t.test('a command that stands twice in the command stream takes effect once', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const { worker } = s.worker()
  await s.send(aggId, 'Start', {})
  const comId = await s.send(aggId, 'Add', { by: 1 })
  await s.outcome(aggId, comId)
  s.embedded?.faults.forgetIds()
  await s.send(aggId, 'Add', { by: 1 }, comId)
  const last = await s.send(aggId, 'Add', { by: 5 })
  await s.outcome(aggId, last)
  await s.drained()
  t.equal((await s.decided(aggId)).filter(id => id === comId).length, 1)
  if (s.embedded !== undefined) t.equal((await s.events(s.streams.commands)).length, 4, 'it did stand twice')
  t.equal(worker.readiness().ready, true)
})

t.test('another worker knows what the first has decided', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const first = s.worker()
  const start = await s.send(aggId, 'Start', {})
  const add = await s.send(aggId, 'Add', { by: 1 })
  await s.outcome(aggId, add)
  await first.close()
  s.embedded?.faults.forgetIds()
  s.worker()
  await s.send(aggId, 'Start', {}, start)
  await s.send(aggId, 'Add', { by: 1 }, add)
  const last = await s.send(aggId, 'Add', { by: -2 })
  t.equal(await s.outcome(aggId, last), 'refused', 'the sum is 1')
  t.same(await s.decided(aggId), [start, add, last])
})

t.test('what cannot be processed gets an outcome, and the loop goes on', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const { worker, log } = s.worker()
  await s.send(aggId, 'Start', {})
  const unreadable = randomUUID()
  const nowhere = randomUUID()
  const metadata = Buffer.from(JSON.stringify({ $correlationId: aggId }))
  await s.store.append(s.streams.commands, 'any', [
    { id: unreadable, type: 'Add', data: Buffer.from('{"by":'), metadata },
    { id: nowhere, type: 'Add', data: Buffer.from('{}'), metadata: Buffer.from('{"$correlationId":"nobody"}') }
  ])
  const defect = await s.send(aggId, 'Misbehave', { how: 'throw' })
  t.equal(await s.outcome(aggId, unreadable), 'failed')
  t.equal(await s.outcome(aggId, defect), 'failed')
  const [fail] = await until(async () => {
    const events = await s.events(s.streams.fail)
    return events.length > 0 && events
  })
  t.match(fail, { id: nowhere, type: 'Fail' })
  t.match(readMetadata(fail!.metadata), { comId: nowhere, code: 'NO_AGGREGATE_ID' })
  await s.drained()
  t.ok(log.lines.some(({ level, message }) => level === 'error' && /defect/.test(message)), 'the log has everything')
  t.notMatch(JSON.stringify((await s.events(s.streams.aggregate(aggId))).map(event => parseJson(event.data))), /secret/)
  t.equal(worker.readiness().ready, true)
})

t.test('what this version cannot decide is parked, and stays so until a worker starts that can', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const old = s.worker()
  await s.send(aggId, 'Start', {})
  const comId = randomUUID()
  const metadata = Buffer.from(JSON.stringify({ $correlationId: aggId }))
  await s.store.append(s.streams.commands, 'any', [{ id: comId, type: 'Add', data: Buffer.from('{"by":"1"}'), metadata }])
  await until(() => old.worker.readiness().warnings.length > 0)
  t.match(old.worker.readiness(), { ready: true, warnings: [/parked/] })
  t.match(old.log.lines.find(({ message }) => /parked/.test(message))?.details, { comId, code: 'UNACCEPTED_COMMAND' })
  t.notOk((await s.decided(aggId)).includes(comId))
  await old.close()

  const parked = async () => (await s.events(s.streams.parked)).map(({ revision }) => revision)
  // A server may take its time to park what was given back.
  await until(async () => (await parked()).length > 0)
  t.same(await parked(), [0n])
  const asOld = s.worker()
  await until(() => asOld.worker.readiness().warnings.length > 0)
  t.match(asOld.worker.readiness(), { ready: true, warnings: [/^a command of .* cannot be decided by this version/] }, 'one that starts warns as well')
  t.match(asOld.log.lines.find(({ message }) => /parked/.test(message))?.details, { comId, code: 'UNACCEPTED_COMMAND' })
  // It has tried when the store knows of its attempt, and that it has ended.
  await until(async () => (await s.events(s.streams.attempts)).some(({ type }) => type === 'SweepParked'))
  t.same(await parked(), [0n], 'it never left the place in which no crash of the store can lose it')

  const accepting = { ...s.aggregate.commands.commands.Add, check: () => [], fromStored: () => ({ by: 1 }) }
  const younger = {
    ...s.aggregate,
    commands: { ...s.aggregate.commands, byStoredName: (name: string) => name === 'Add' ? accepting : s.aggregate.commands.byStoredName(name) }
  }
  s.worker({}, younger as typeof s.aggregate)
  t.equal(await s.outcome(aggId, comId), 'succeeded')
  await until(async () => (await parked()).length === 0)
  await until(() => asOld.worker.readiness().warnings.length === 0)
  t.pass('who could not decide it hears that another one has')
})

t.test('an aggregate with an event that is not defined here gets no outcome from here', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  await s.store.append(s.streams.aggregate(aggId), 'no_stream', [
    { id: randomUUID(), type: 'Unheard', data: Buffer.from('{}'), metadata: new Uint8Array() }
  ])
  const { worker } = s.worker()
  const comId = await s.send(aggId, 'Add', { by: 1 })
  await until(() => worker.readiness().warnings.length > 0)
  t.equal((await s.events(s.streams.aggregate(aggId))).length, 1)
  const other = randomUUID()
  t.equal(await s.outcome(other, await s.send(other, 'Start', {})), 'succeeded', 'others are not held up')
  t.notOk((await s.decided(aggId)).includes(comId))
})

t.test('a conflict voids the run, refusals too, and is decided again on what stands', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  s.worker()
  await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  // Another worker adds behind this one's back.
  const { aggregate } = s
  const { successEvents } = await import('../../lib/outcome/index.js')
  const foreign = randomUUID()
  await s.store.append(s.streams.aggregate(aggId), 0n,
    successEvents({ aggId, comId: foreign }, [{ definition: aggregate.events.Added, data: { by: 7 } }]))
  const comId = await s.send(aggId, 'Add', { by: -7 })
  t.equal(await s.outcome(aggId, comId), 'succeeded', 'refused on the stale state')
  const again = await s.send(aggId, 'Add', { by: 7 }, foreign)
  const last = await s.send(aggId, 'Add', { by: -1 })
  t.equal(await s.outcome(aggId, last), 'refused')
  t.equal((await s.decided(aggId)).filter(id => id === again).length, 1, 'the other worker\'s command is known')
})

t.test('where one id stands twice, a body that is beyond this version does not take the other one with it', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const comId = randomUUID()
  const metadata = Buffer.from(JSON.stringify({ $correlationId: aggId }))
  const bodies = ['{"like":"nothing"}', '{}']
  await s.store.append(s.streams.commands, 'any', bodies.map(body => ({ id: comId, type: 'Start', data: Buffer.from(body), metadata })))
  const { worker } = s.worker()
  t.equal(await s.outcome(aggId, comId), 'succeeded')
  await until(() => worker.readiness().warnings.length === 0)
})

t.test('ids that stand twice take no places from the worker for good', async t => {
  const s = await stage(t)
  const buffer = 4
  const { log } = s.worker({ buffer })
  const doubled = Array.from({ length: 3 * buffer }, () => ({ aggId: randomUUID(), comId: randomUUID() }))
  for (const { aggId, comId } of doubled) {
    const metadata = Buffer.from(JSON.stringify({ $correlationId: aggId }))
    const start = { id: comId, type: 'Start', data: Buffer.from('{}'), metadata }
    await s.store.append(s.streams.commands, 'any', [start, start])
  }
  for (const { aggId, comId } of doubled) t.equal(await s.outcome(aggId, comId), 'succeeded')
  await s.drained()
  t.same(new Set((await Promise.all(doubled.map(({ aggId }) => s.decided(aggId)))).map(({ length }) => length)), new Set([1]))
  t.ok(log.lines.some(({ message }) => /the subscription is renewed/.test(message)))
})

t.test('a tombstoned Fail stream holds nobody up', async t => {
  const s = await stage(t)
  await s.store.append(s.streams.fail, 'no_stream', [{ id: randomUUID(), type: 'Fail', data: Buffer.from('""'), metadata: new Uint8Array() }])
  await s.client().tombstoneStream(s.streams.fail)
  const { log } = s.worker()
  await s.store.append(s.streams.commands, 'any', [{ id: randomUUID(), type: 'Add', data: Buffer.from('{}'), metadata: Buffer.from('{}') }])
  await s.drained()
  t.match(log.lines.find(({ level }) => level === 'error'), { message: /deleted this stream for ever/, details: { stream: s.streams.fail } })
})

t.test('a tombstoned stream: the verdict stands in the fail stream', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  s.worker()
  await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  await s.client().tombstoneStream(s.streams.aggregate(aggId))
  const comId = await s.send(aggId, 'Add', { by: 1 })
  const fail = await until(async () => (await s.events(s.streams.fail)).find(event => event.id === comId))
  t.same(Buffer.from(fail.data).toString(), Buffer.from(failEvent({ comId }, {
    status: 'failed', code: 'AGGREGATE_TOMBSTONED', message: 'The stream of the aggregate was deleted for ever.'
  }).data).toString())
  t.match(readMetadata(fail.metadata), { aggId, comId, code: 'AGGREGATE_TOMBSTONED', command: 'Add' })
})

t.test('a soft-deleted aggregate begins anew', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const client = s.client()
  const first = s.worker()
  await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  await first.close()
  await client.deleteStream(s.streams.aggregate(aggId))
  s.worker()
  const add = await s.send(aggId, 'Add', { by: 1 })
  t.equal(await s.outcome(aggId, add), 'refused')
  t.equal(await s.outcome(aggId, await s.send(aggId, 'Start', {})), 'succeeded')
})

t.test('a stream that lost its beginning to $maxCount goes on at its revision', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const client = s.client()
  const first = s.worker()
  await s.send(aggId, 'Start', {})
  await s.outcome(aggId, await s.send(aggId, 'AddTwice', { by: 1 }))
  await first.close()
  await client.setStreamMetadata(s.streams.aggregate(aggId), { maxCount: 1 })
  s.worker()
  t.equal(await s.outcome(aggId, await s.send(aggId, 'Add', { by: 1 })), 'succeeded')
  t.equal((await s.events(s.streams.aggregate(aggId))).at(-1)!.revision, 3n)
})
