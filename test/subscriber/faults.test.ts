import t from 'tap'
import { randomUUID } from 'node:crypto'
import { until } from '../harness/until.js'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { Store } from '../../lib/store/index.js'
import { Worker } from '../../lib/subscriber/index.js'
import { recordingLog } from '../harness/recording-log.js'
import { embeddedOnly } from '../harness/store.js'
import { stage, workerSettings } from './stage.js'

t.test('an append whose answer is lost is neither a success nor a failure', embeddedOnly, async t => {
  for (const fate of ['withheld', 'cut'] as const) {
    const s = await stage(t)
    const aggId = randomUUID()
    s.worker()
    await s.outcome(aggId, await s.send(aggId, 'Start', {}))
    const lost = s.embedded!.faults.loseAnswer(s.streams.aggregate(aggId), fate)
    const comId = await s.send(aggId, 'Add', { by: 1 })
    const next = await s.send(aggId, 'Add', { by: -1 })
    await lost
    t.equal(await s.outcome(aggId, next), 'succeeded', fate)
    await s.drained()
    const decided = await s.decided(aggId)
    t.equal(decided.filter(id => id === comId).length, 1, 'once')
    t.equal(new Set(decided).size, decided.length)
  }
})

t.test('dropped connections lose nothing and double nothing', embeddedOnly, async t => {
  const s = await stage(t)
  const aggregates = Array.from({ length: 5 }, () => randomUUID())
  s.worker()
  const sent = new Map<string, string[]>(aggregates.map(aggId => [aggId, []]))
  for (const aggId of aggregates) sent.get(aggId)!.push(await s.send(aggId, 'Start', {}))
  for (let round = 0; round < 10; round++) {
    for (const aggId of aggregates) sent.get(aggId)!.push(await s.send(aggId, 'Add', { by: 1 }))
    s.embedded!.faults.dropConnections()
  }
  for (const aggId of aggregates) {
    await s.outcome(aggId, sent.get(aggId)!.at(-1)!)
    const decided = await s.decided(aggId)
    t.same([...decided].sort(), [...sent.get(aggId)!].sort())
  }
})

t.test('messages that are delivered again while they are in hand are joined', embeddedOnly, async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  s.worker()
  await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  const lost = s.embedded!.faults.loseAnswer(s.streams.aggregate(aggId), 'withheld')
  const comId = await s.send(aggId, 'Add', { by: 1 })
  await lost
  s.embedded!.faults.redeliver(s.streams.commands, 'UniStream')
  await s.outcome(aggId, comId)
  await s.drained()
  t.equal((await s.decided(aggId)).filter(id => id === comId).length, 1)
})

t.test('a store that hangs and returns', embeddedOnly, async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const { worker } = s.worker()
  await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  const comId = await s.send(aggId, 'Add', { by: 1 })
  s.embedded!.faults.hang()
  setImmediate(() => s.embedded!.faults.resume())
  t.equal(await s.outcome(aggId, comId), 'succeeded')
  await until(() => worker.readiness().ready)
})

t.test('a worker that starts before the store waits for it, and says so', async t => {
  const probe = await startEmbeddedStore()
  const { port } = probe
  await probe.stop()
  const log = recordingLog()
  const store = Store.open({ connectionString: `kurrentdb://127.0.0.1:${port}?tls=false`, callLimit: 2 }, log)
  const s = await stage(t)
  const worker = new Worker({ aggregates: [s.aggregate], store, settings: workerSettings, log })
  worker.start()
  t.teardown(async () => {
    await worker.close()
    await store.close()
  })
  await until(() => log.lines.some(({ level }) => level === 'warn'))
  const { ready, reasons } = worker.readiness()
  t.equal(ready, false)
  t.match(reasons, [/are not taken/])
  const late = await startEmbeddedStore({ port })
  t.teardown(() => late.stop())
  await until(() => worker.readiness().ready)
})

t.test('a worker that closes finishes what it holds and leaves the rest', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const sent = [await s.send(aggId, 'Start', {})]
  for (let n = 0; n < 300; n++) sent.push(await s.send(aggId, 'Add', { by: 1 }))
  const first = s.worker()
  await s.outcome(aggId, sent[0]!)
  await first.close()
  const halfway = await s.decided(aggId)
  s.worker()
  await s.outcome(aggId, sent.at(-1)!)
  t.same(await s.decided(aggId), sent, `${halfway.length} before, in order`)
})

t.test('a worker closes in bounded time while the store hangs', embeddedOnly, async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const { worker, log } = s.worker({ drainTime: 1 })
  await s.outcome(aggId, await s.send(aggId, 'Start', {}))
  const lost = s.embedded!.faults.loseAnswer(s.streams.aggregate(aggId), 'withheld')
  await s.send(aggId, 'Add', { by: 1 })
  await lost
  s.embedded!.faults.hang()
  await worker.close()
  t.ok(log.lines.some(({ message }) => /other workers will take them/.test(message)))
  s.embedded!.faults.resume()
})
