import t from 'tap'
import { randomUUID } from 'node:crypto'
import { Aggregator } from '../../lib/aggregator/index.js'
import { Attempts } from '../../lib/subscriber/attempts.js'
import { Intake } from '../../lib/subscriber/intake.js'
import { ParkedCommands } from '../../lib/subscriber/parked-commands.js'
import { Rescue } from '../../lib/subscriber/rescue.js'
import { Solitude } from '../../lib/subscriber/solitude.js'
import { Sweep } from '../../lib/subscriber/sweep.js'
import { UndecidedCommands } from '../../lib/subscriber/undecided-commands.js'
import { readMetadata, WORKERS_GROUP } from '../../lib/outcome/index.js'
import { workersGroup } from '../../lib/subscriber/index.js'
import { losesCommands, Store } from '../../lib/store/index.js'
import type { Delivery } from '../../lib/store/index.js'
import { spawnWorker } from '../harness/processes.js'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

function sweepOf ({ streams, store, log }: Pick<Awaited<ReturnType<typeof stage>>, 'streams' | 'store' | 'log'>, aggregator: Aggregator): Sweep {
  const { signal } = new AbortController()
  const attempts = new Attempts(streams.attempts, store)
  const undecided = new UndecidedCommands((aggId, comIds) => aggregator.unsettled(aggId, comIds), log)
  const intake = new Intake({ aggregator, attempts, undecided, solitude: new Solitude(signal), signal })
  const rescue = new Rescue(intake, attempts)
  return new Sweep(streams, rescue, new ParkedCommands(streams, rescue, store, log, signal), store, log, signal)
}

/** Has the group believe that everything up to now was handled, as a server does that loses commands. */
async function pretendHandled (s: Awaited<ReturnType<typeof stage>>): Promise<bigint> {
  const head = (await s.events(s.streams.commands)).at(-1)!.revision
  await s.store.ensureGroup(s.streams.commands, WORKERS_GROUP, workersGroup(30, 64))
  let handled = -1n
  const subscription = s.store.subscribe({
    stream: s.streams.commands,
    group: WORKERS_GROUP,
    settings: workersGroup(30, 64),
    bufferSize: 64,
    onDelivery: delivery => {
      subscription.ack(delivery.ackId)
      handled = delivery.event!.revision
    }
  })
  await until(() => handled === head)
  await subscription.stop()
  await until(async () => (await s.store.groupInfo(s.streams.commands, WORKERS_GROUP))?.lastCheckpointed === head)
  return head
}

t.test('a worker finds the commands that the group has lost', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const start = await s.send(aggId, 'Start', {})
  const add = await s.send(aggId, 'Add', { by: 3 })
  await pretendHandled(s)
  s.worker({ sweep: 'always' })
  t.equal(await s.outcome(aggId, start), 'succeeded')
  t.equal(await s.outcome(aggId, add), 'succeeded')
  await until(async () => (await s.events(s.streams.sweep)).length > 0)
  t.same(JSON.parse(Buffer.from((await s.events(s.streams.sweep)).at(-1)!.data).toString()), { revision: '1' })
})

/** A worker of a group, by hand: it takes commands and acknowledges what it is told to. */
function hand (s: Awaited<ReturnType<typeof stage>>, bufferSize: number) {
  const taken: Delivery[] = []
  const subscription = s.store.subscribe({
    stream: s.streams.commands,
    group: WORKERS_GROUP,
    settings: workersGroup(30, 64),
    bufferSize,
    onDelivery: delivery => { taken.push(delivery) }
  })
  return {
    get revisions () { return taken.map(({ event }) => event!.revision) },
    ack: (revision: bigint) => { subscription.ack(taken.find(({ event }) => event!.revision === revision)!.ackId) },
    stop: () => subscription.stop()
  }
}

for (const emulate of ['23.10', '26.1'] as const) {
  const lost = emulate === '23.10'
  const name = lost ? 'what a group of 23.10 has lost after a restart of the server, the sweep finds' : 'a group of 26.1 loses nothing by a restart of the server'
  t.test(name, { skip: process.env['KURRENT_HOST'] ? 'needs a server that can be restarted, with a fault' : false }, async t => {
    const data = t.testdir()
    const before = await stage(t, undefined, { data, emulate })
    await before.store.ensureGroup(before.streams.commands, WORKERS_GROUP, workersGroup(30, 64))
    const slow = hand(before, 1)
    await until(async () => (await before.store.groupInfo(before.streams.commands, WORKERS_GROUP))?.connections === 1)
    // Two that do not share a bucket of the strategy, as one pair of a thousand does.
    const [ofSlow, ofQuick] = ['5b1f0c3e-2d4a-4f6b-9c8d-7e6f5a4b3c2d', 'c7d8e9f0-1a2b-4c3d-8e5f-6a7b8c9d0e1f'] as const
    const comIds = [await before.send(ofSlow, 'Start', {})]
    await until(() => slow.revisions.length === 1)
    const quick = hand(before, 64)
    await until(async () => (await before.store.groupInfo(before.streams.commands, WORKERS_GROUP))?.connections === 2)
    comIds.push(await before.send(ofSlow, 'Add', { by: 1 }), await before.send(ofSlow, 'Add', { by: 2 }))
    const quickIds = [await before.send(ofQuick, 'Start', {}), await before.send(ofQuick, 'Add', { by: 1 })]
    await until(() => quick.revisions.length === 2)
    t.same([slow.revisions, quick.revisions], [[0n], [3n, 4n]], 'two commands wait for a worker that is full')
    quick.ack(3n)
    quick.ack(4n)
    slow.ack(0n)
    await until(() => slow.revisions.length === 2)
    await until(async () => (await before.store.groupInfo(before.streams.commands, WORKERS_GROUP))?.lastCheckpointed === (lost ? 4n : 0n))
    await before.embedded!.stop()

    const after = await stage(t, before.type, { data, emulate })
    const next = hand(after, 64)
    await after.send(randomUUID(), 'Start', {})
    await until(() => next.revisions.includes(5n))
    t.same(next.revisions, lost ? [5n] : [1n, 2n, 3n, 4n, 5n], 'what the group still knows of')
    await next.stop()
    if (!lost) return

    const { log } = after.worker()
    for (const comId of comIds) t.equal(await after.outcome(ofSlow, comId), 'succeeded')
    for (const comId of quickIds) t.equal(await after.outcome(ofQuick, comId), 'succeeded')
    t.ok(log.lines.some(({ details }) => (details as { version?: string }).version === '23.10.8'), 'and says why it looks')
    await until(async () => {
      const mark = (await after.events(after.streams.sweep)).at(-1)
      return mark !== undefined && BigInt(JSON.parse(Buffer.from(mark.data).toString()).revision) >= 4n
    })
  })
}

t.test('the mark moves, leaves what is parked, and stays below what cannot be decided here', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  await s.send(aggId, 'Start', {})
  await pretendHandled(s)
  const aggregator = new Aggregator({ aggregate: s.aggregate, store: s.store, log: s.log, capacity: 10, multiple: 1, announce: false })
  t.teardown(() => aggregator.close())
  const sweep = sweepOf(s, aggregator)
  const mark = async () => {
    const last = (await s.events(s.streams.sweep)).at(-1)
    return last && JSON.parse(Buffer.from(last.data).toString()).revision
  }
  await Promise.all([sweep.run(), sweep.run()])
  t.equal(await mark(), '0')

  await s.store.append(s.streams.commands, 'any', [{
    id: randomUUID(), type: 'Unheard', data: Buffer.from('{}'), metadata: Buffer.from(JSON.stringify({ $correlationId: aggId }))
  }])
  const add = await s.send(aggId, 'Add', { by: 1 })
  await pretendHandled(s)
  await sweep.run()
  t.equal(await s.outcome(aggId, add), 'succeeded', 'what comes after it is found')
  t.equal(await mark(), '0', 'the mark stays')
})

t.test('a lost command that takes its worker down each time is given up, and what was lost beside it is not', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const start = await s.send(aggId, 'Start', {})
  const deadly = await s.send(randomUUID(), 'Start', {})
  const [poisoned] = (await s.events(s.streams.commands)).filter(({ id }) => id === deadly).map(({ metadata }) => readMetadata(metadata).aggId!)
  const beside = await s.send(aggId, 'Add', { by: 2 })
  await pretendHandled(s)

  const doomed = spawnWorker(t, {
    connectionString: s.connectionString, type: s.type, messageTimeout: 30, sweep: 'always', at: { comId: deadly, signal: 'SIGKILL' }
  })
  await doomed.ended
  const attempts = async () => (await s.events(s.streams.attempts)).filter(({ data }) => JSON.parse(Buffer.from(data).toString()).command === '1').length
  t.equal(await attempts(), 1, 'the store knows that it was begun')

  // As eight others leave it that it takes down too: from the sixth on it was alone.
  const left = new Attempts(s.streams.attempts, s.store)
  for (let time = 2; time <= 5; time++) await left.begin([1n])
  for (let time = 6; time <= 9; time++) await left.beginAlone(1n)
  s.worker({ sweep: 'always' })
  t.equal(await s.outcome(poisoned!, deadly), 'failed')
  t.equal(await s.outcome(aggId, start), 'succeeded')
  t.equal(await s.outcome(aggId, beside), 'succeeded')
})

t.test('what a sweep has parked was no attempt that failed', async t => {
  const s = await stage(t)
  const attempts = new Attempts(s.streams.attempts, s.store)
  t.same(await attempts.begun(), new Map())
  await attempts.begin([3n, 4n])
  await attempts.begin([4n])
  t.same(await attempts.begun(), new Map([[3n, 1], [4n, 2]]))
  await attempts.park([4n])
  await attempts.begin([4n])
  t.same(await attempts.begun(), new Map([[3n, 1], [4n, 1]]))
  await attempts.begin([])
  t.equal((await s.events(s.streams.attempts)).length, 5)
  await attempts.beginAlone(4n)
  await attempts.beginAlone(4n)
  for (const one of [attempts, new Attempts(s.streams.attempts, s.store)]) {
    t.same(await Promise.all([3n, 4n].map(revision => one.solitary(revision))), [0, 2])
  }
  t.same(await attempts.begun(), new Map([[3n, 1], [4n, 1]]), 'the two are counted apart')
  await attempts.park([4n])
  for (const one of [attempts, new Attempts(s.streams.attempts, s.store)]) t.equal(await one.solitary(4n), 0)
})

t.test('a sweep that the store breaks off is tried again', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const comId = await s.send(aggId, 'Start', {})
  await pretendHandled(s)
  const aggregator = new Aggregator({ aggregate: s.aggregate, store: s.store, log: s.log, capacity: 10, multiple: 1, announce: false })
  t.teardown(() => aggregator.close())
  // Nobody listens there.
  const other = Store.open({ connectionString: 'kurrentdb://127.0.0.1:1?tls=false', callLimit: 0.2 }, s.log)
  t.teardown(() => other.close())
  let away = true
  const sometimes = new Proxy(s.store, {
    get: (store, name) => {
      const of = away && name === 'groupInfo' ? other : store
      const value = Reflect.get(of, name, of) as unknown
      return typeof value === 'function' ? value.bind(of) : value
    }
  })
  const running = sweepOf({ ...s, store: sometimes }, aggregator).run()
  await until(() => s.log.lines.some(({ message }) => message.includes('broke off')))
  away = false
  await running
  t.equal(await s.outcome(aggId, comId), 'succeeded')
})

t.test('which servers lose commands', async t => {
  for (const version of ['23.10.8', '24.2.0', '24.10.13', '25.0.1', '25.1.4', '26.0.0', '26.0.2', 'unknown', '']) t.equal(losesCommands(version), true, version)
  for (const version of ['24.10.14', '24.10.20', '26.0.3', '26.1.0', '26.1', '27.0.0']) t.equal(losesCommands(version), false, version)
})
