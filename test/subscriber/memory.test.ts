import t from 'tap'
import { randomUUID } from 'node:crypto'
import { Aggregator } from '../../lib/aggregator/index.js'
import { readMetadata } from '../../lib/outcome/index.js'
import { Store } from '../../lib/store/index.js'
import type { StoreLog } from '../../lib/store/index.js'
import { Worker } from '../../lib/subscriber/index.js'
import { taken } from '../harness/counter.js'
import { recordingLog } from '../harness/recording-log.js'
import { until } from '../harness/until.js'
import { stage, workerSettings } from './stage.js'

const settings = (over: object) => ({ aggregate: () => ({ capacity: 100, multiple: 3, latest: 0, ...over }) })

/** The store, with a count of its readings: a spy, not a stand-in. */
function counted (store: Store): { store: Store, reads: string[] } {
  const reads: string[] = []
  const spy = new Proxy(store, {
    get (target, name) {
      const member = target[name as keyof Store]
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (name === 'read') reads.push(`${(args[1] as { direction: string }).direction} ${args[0] as string}`)
        return (member as (...args: unknown[]) => unknown).apply(target, args)
      }
    }
  })
  return { store: spy, reads }
}

t.test('Capacity and Multiple bound what is kept', async t => {
  const s = await stage(t)
  const { store, reads } = counted(s.store)
  const aggregator = new Aggregator({ aggregate: s.aggregate, store, log: s.log, capacity: 3, multiple: 2, announce: false })
  t.teardown(() => aggregator.close())
  const ids = Array.from({ length: 10 }, () => randomUUID())
  for (const [n, aggId] of ids.entries()) await aggregator.handle(taken(n, 'Start', {}, { aggId }))
  t.same(aggregator.kept, { states: 3, ids: 6 })

  reads.length = 0
  await aggregator.handle(taken(100, 'Add', { by: 1 }, { aggId: ids[9]! }))
  t.same(reads, [], 'a cached aggregate is not read again')
  await aggregator.handle(taken(5, 'Start', {}, { aggId: ids[5]! }))
  t.same(reads, [`backwards ${s.streams.aggregate(ids[5]!)}`], 'a finished command is known by its id, without the state')
  reads.length = 0
  await aggregator.handle(taken(0, 'Start', {}, { aggId: ids[0]! }))
  t.same(new Set(reads), new Set([`forwards ${s.streams.aggregate(ids[0]!)}`, `backwards ${s.streams.aggregate(ids[0]!)}`]), 'beyond that it is read')
  t.equal((await s.events(s.streams.aggregate(ids[0]!))).length, 1)
})

t.test('the least recently used leave', async t => {
  const s = await stage(t)
  const { store, reads } = counted(s.store)
  const aggregator = new Aggregator({ aggregate: s.aggregate, store, log: s.log, capacity: 2, multiple: 1, announce: false })
  t.teardown(() => aggregator.close())
  const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()]
  await aggregator.handle(taken(1, 'Start', {}, { aggId: a }))
  await aggregator.handle(taken(2, 'Start', {}, { aggId: b }))
  await aggregator.handle(taken(3, 'Add', { by: 1 }, { aggId: a }))
  await aggregator.handle(taken(4, 'Start', {}, { aggId: c }))
  reads.length = 0
  await aggregator.handle(taken(5, 'Add', { by: 1 }, { aggId: a }))
  t.same(reads, [])
  await aggregator.handle(taken(6, 'Add', { by: 1 }, { aggId: b }))
  t.equal(reads.length, 1)
})

t.test('Latest: the aggregates of the youngest outcomes are in memory after a start', async t => {
  const s = await stage(t)
  const first = s.worker()
  const ids = Array.from({ length: 4 }, () => randomUUID())
  for (const aggId of ids) await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  await first.close()
  await until(async () => (await s.events(s.streams.category)).length >= 4)
  const { log } = s.worker(settings({ latest: 30, capacity: 3 }))
  const line = await until(() => log.lines.find(({ message }) => /in memory/.test(message)))
  t.match(line.details, { aggregate: s.type, loaded: 3 })
})

t.test('Latest: where the store is away meanwhile, it is tried again, and readiness tells', async t => {
  const s = await stage(t)
  if (s.embedded === undefined) {
    t.pass('only the embedded store hangs when it is told to')
    return
  }
  const { faults } = s.embedded
  const aggId = randomUUID()
  const first = s.worker()
  await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  await first.close()
  await until(async () => (await s.events(s.streams.category)).length >= 1)

  const log = recordingLog()
  const store = Store.open({ connectionString: s.connectionString, callLimit: 0.3 }, log)
  const hanging: StoreLog = {
    ...log,
    info (details, message) {
      log.info(details, message)
      if (message === 'taking commands') faults.hang()
    }
  }
  const worker = new Worker({ aggregates: [s.aggregate], store, log: hanging, settings: { ...workerSettings, ...settings({ latest: 30 }) } })
  t.teardown(async () => {
    faults.resume()
    await worker.close()
    await store.close()
  })
  worker.start()
  const [warning] = await until(() => {
    const { warnings } = worker.readiness()
    return warnings.length > 0 && warnings
  })
  t.match(warning, /could not be loaded yet/)
  faults.resume()
  t.match((await until(() => log.lines.find(({ message }) => /in memory/.test(message)))).details, { loaded: 1 })
  t.same(worker.readiness().warnings, [])
})

t.test('Announce: Fail and Duplicate for the original\'s senders, before the ack', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const { worker } = s.worker({ announce: true })
  const start = await s.send(aggId, 'Start', {})
  const refused = await s.send(aggId, 'Refuse', {})
  await s.drained()
  t.match(await s.events(s.streams.duplicate), [{ id: start, type: 'Duplicate', data: { length: 0 } }])
  const [fail] = await s.events(s.streams.fail)
  t.match(fail, { id: refused, type: 'Fail' })
  t.equal(Buffer.from(fail!.data).toString(), '"No."')
  t.equal(readMetadata(fail!.metadata).announcement, true)
  s.embedded?.faults.forgetIds()
  await s.send(aggId, 'Start', {}, start)
  await s.send(aggId, 'Refuse', {}, refused)
  await s.drained()
  t.equal((await s.decided(aggId)).length, 2)
  t.ok((await s.events(s.streams.duplicate)).every(event => event.id === start))
  t.ok((await s.events(s.streams.fail)).every(event => event.id === refused), 'a repetition is announced as what it was')
  t.equal(worker.readiness().ready, true)
})
