import t from 'tap'
import { randomUUID } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { Test } from 'tap'
import { AggregateStreams } from '../../lib/aggregator/aggregate-stream.js'
import { Aggregator } from '../../lib/aggregator/index.js'
import { OutcomeSearch } from '../../lib/aggregator/outcome-search.js'
import { creates, defineAggregate, defineCommands } from '../../lib/definition/index.js'
import type { AnyAggregate } from '../../lib/definition/index.js'
import { StoreUnavailableError } from '../../lib/errors.js'
import { Attempts } from '../../lib/subscriber/attempts.js'
import { Intake } from '../../lib/subscriber/intake.js'
import { ParkedCommands } from '../../lib/subscriber/parked-commands.js'
import { Rescue } from '../../lib/subscriber/rescue.js'
import { Solitude } from '../../lib/subscriber/solitude.js'
import { Sweep } from '../../lib/subscriber/sweep.js'
import { UndecidedCommands } from '../../lib/subscriber/undecided-commands.js'
import { commandEvent, readMetadata, successEvents, sweepMark, WORKERS_GROUP } from '../../lib/outcome/index.js'
import { workersGroup } from '../../lib/subscriber/index.js'
import { losesCommands, Store } from '../../lib/store/index.js'
import type { Delivery, NewEvent, ReadOptions } from '../../lib/store/index.js'
import { events } from '../harness/counter.js'
import { spawnWorker } from '../harness/processes.js'
import { onRealServer } from '../harness/store.js'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

type Stage = Awaited<ReturnType<typeof stage>>

function sweepOf ({ streams, store, log }: Pick<Stage, 'streams' | 'store' | 'log'>, aggregator: Aggregator): Sweep {
  const { signal } = new AbortController()
  const attempts = new Attempts(streams.attempts, store)
  const undecided = new UndecidedCommands((aggId, comIds) => aggregator.search().unsettled(aggId, comIds), log)
  const intake = new Intake({ aggregator, attempts, undecided, solitude: new Solitude(signal), signal })
  const rescue = new Rescue(intake, aggregator, attempts)
  return new Sweep(streams, rescue, new ParkedCommands(streams, rescue, store, log, signal), store, log, signal)
}

/** Has the group believe that everything up to now was handled, as a server does that loses commands. */
async function pretendHandled (s: Stage): Promise<bigint> {
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
function hand (s: Stage, bufferSize: number) {
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
  t.test(name, { skip: onRealServer && 'needs a server that can be restarted, with a fault' }, async t => {
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

function sweeper (t: Test, s: Stage, aggregate: AnyAggregate = s.aggregate): Sweep {
  const aggregator = new Aggregator({ aggregate, store: s.store, log: s.log, capacity: 10, multiple: 1, announce: false })
  t.teardown(() => aggregator.close())
  return sweepOf(s, aggregator)
}

async function markOf (s: Stage): Promise<{ revision: string, open?: [string, string][] } | undefined> {
  const last = (await s.events(s.streams.sweep)).at(-1)
  return last && JSON.parse(Buffer.from(last.data).toString())
}

const unheard = (aggId: string, id: string = randomUUID()): NewEvent => ({
  id, type: 'Unheard', data: Buffer.from('{}'), metadata: Buffer.from(JSON.stringify({ $correlationId: aggId }))
})

/** Another version of the counter, which knows one command more. */
function nextVersion (type: string): AnyAggregate {
  return defineAggregate(defineCommands(type, { Start: Type.Object({}), Unheard: Type.Object({}) }), {
    initialState: { total: 0 },
    events,
    evolve: { Started: state => state, Added: (state, { by }) => ({ total: state.total + by }), Broken: state => state, Written: state => state },
    decide: { Start: creates(() => events.Started({})), Unheard: () => events.Added({ by: 1 }) }
  })
}

t.test('the mark names what cannot be decided here, and another version decides it', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  await s.send(aggId, 'Start', {})
  await pretendHandled(s)
  const sweep = sweeper(t, s)
  await Promise.all([sweep.run(), sweep.run()])
  t.same(await markOf(s), { revision: '0' })

  const beyond = randomUUID()
  await s.store.append(s.streams.commands, 'any', [unheard(aggId, beyond)])
  const add = await s.send(aggId, 'Add', { by: 1 })
  await pretendHandled(s)
  await sweep.run()
  t.equal(await s.outcome(aggId, add), 'succeeded', 'what comes after it is found')
  t.same(await markOf(s), { revision: '2', open: [['1', beyond]] })
  const marks = (await s.events(s.streams.sweep)).length
  await sweep.run()
  t.equal((await s.events(s.streams.sweep)).length, marks, 'looked at once more, and nothing new')

  const later = [...Array.from({ length: 250 }, () => unheard(randomUUID())), unheard(aggId)]
  await s.store.append(s.streams.commands, 'any', later)
  await pretendHandled(s)
  await sweep.run()
  t.match(await markOf(s), { revision: '253', open: { length: 252 } }, 'over pages')
  await sweeper(t, s, nextVersion(s.type)).run()
  t.same(await markOf(s), { revision: '253' })
  t.strictSame((await s.decided(aggId)).slice(2), [beyond, later.at(-1)!.id])
})

t.test('with more than a mark can name it stays, and what comes after them is found all the same', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  await s.store.append(s.streams.commands, 'any', Array.from({ length: 501 }, () => unheard(aggId)))
  const start = await s.send(aggId, 'Start', {})
  await pretendHandled(s)
  const sweep = sweeper(t, s)
  await sweep.run()
  t.equal(await s.outcome(aggId, start), 'succeeded')
  t.match(await markOf(s), { revision: '399', open: { length: 400 } })
})

t.test('a sweep stands back while another one moves the mark, and goes on from there', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const found = await s.send(aggId, 'Start', {})
  await s.store.append(s.streams.commands, 'any', Array.from({ length: 450 }, () => commandEvent(
    s.aggregate.commands.commands.Add, { aggId, comId: randomUUID() }, { by: 1 })))
  const head = await pretendHandled(s)
  const begun: bigint[] = []
  let marks = 0
  /** The store as this sweep sees it; another one marks what is next at each of its first looks at the mark but the first. */
  const store = new Proxy(s.store, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown
      if (name !== 'read') return typeof value === 'function' ? value.bind(target) : value
      return async (stream: string, options: ReadOptions) => {
        if (stream === s.streams.commands) begun.push(options.from as bigint)
        if (stream === s.streams.sweep && [1, 2].includes(marks++)) {
          await target.append(stream, 'any', [sweepMark(stream, { revision: BigInt(marks - 1) * 100n, open: [] })])
        }
        return await target.read(stream, options)
      }
    }
  })
  const aggregator = new Aggregator({ aggregate: s.aggregate, store, log: s.log, capacity: 10, multiple: 1, announce: false })
  t.teardown(() => aggregator.close())
  await sweepOf({ ...s, store }, aggregator).run()
  t.same(begun, [201n, 401n], 'nothing below what the other one has marked')
  t.same(await markOf(s), { revision: String(head) })
  t.notOk((await s.decided(aggId)).includes(found))
})

t.test('a search reads no event of an aggregate twice, and forgets what is too much', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const stream = s.streams.aggregate(aggId)
  const ids = Array.from({ length: 1_800 }, () => randomUUID())
  const added = (comId: string) => successEvents({ aggId, comId }, [{ definition: s.aggregate.events.Added, data: { by: 1 } }])[0]!
  await s.store.append(stream, 'no_stream', ids.slice(0, 1_300).map(added))
  const seen: bigint[] = []
  let away = false
  const store = new Proxy(s.store, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown
      if (name !== 'read') return typeof value === 'function' ? value.bind(target) : value
      return async (stream: string, options: ReadOptions) => {
        if (away) throw new StoreUnavailableError()
        const page = await target.read(stream, options)
        if (page.kind === 'page') seen.push(...page.events.map(({ event }) => event!.revision))
        return page
      }
    }
  })
  const streams = new AggregateStreams(s.aggregate, store)
  const search = new OutcomeSearch(streams)
  t.same(await search.unsettled(aggId, ids.slice(1_250, 1_300)), new Set())
  t.equal(seen.length, 500, 'the youngest page')
  away = true
  await t.rejects(search.unsettled(aggId, [ids[0]!]))
  away = false
  const pages = Array.from({ length: 13 }, (_, page) => ids.slice(page * 100, (page + 1) * 100))
  seen.length = 0
  const none = randomUUID()
  t.same(await Promise.all(pages.map(page => search.unsettled(aggId, [...page, none]))), pages.map(() => new Set([none])))
  t.equal(seen.length, 1_300, 'once more after the failure, and each once')
  await s.store.append(stream, 1_299n, ids.slice(1_300).map(added))
  t.same(await search.unsettled(aggId, [...ids.slice(1_300), none]), new Set([none]))
  t.equal(seen.length, 1_800)
  t.same(await search.unsettled(randomUUID(), [ids[0]!]), new Set([ids[0]!]), 'an aggregate that does not exist')

  seen.length = 0
  const narrow = new OutcomeSearch(streams, 1_000)
  for (const page of [...pages].reverse()) t.same(await narrow.unsettled(aggId, page), new Set())
  t.ok(seen.length > 1_800, 'what was forgotten is read again')
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
