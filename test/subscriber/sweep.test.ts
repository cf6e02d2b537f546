import t from 'tap'
import { randomUUID } from 'node:crypto'
import { Aggregator } from '../../lib/aggregator/index.js'
import { Intake } from '../../lib/subscriber/intake.js'
import { losesCommands } from '../../lib/subscriber/server-version.js'
import { Sweep } from '../../lib/subscriber/sweep.js'
import { WORKERS_GROUP } from '../../lib/outcome/index.js'
import { workersGroup } from '../../lib/subscriber/index.js'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

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

t.test('the mark moves, leaves what is parked, and stays below what cannot be decided here', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  await s.send(aggId, 'Start', {})
  await pretendHandled(s)
  const aggregator = new Aggregator({ aggregate: s.aggregate, store: s.store, log: s.log, capacity: 10, multiple: 1, announce: false })
  t.teardown(() => aggregator.close())
  const sweep = new Sweep(s.aggregate, new Intake(aggregator), s.store, s.log, new AbortController().signal)
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

t.test('which servers lose commands', async t => {
  for (const version of ['23.10.8', '24.2.0', '24.10.13', '25.0.1', '25.1.4', '26.0.0', '26.0.2', 'unknown', '']) t.equal(losesCommands(version), true, version)
  for (const version of ['24.10.14', '24.10.20', '26.0.3', '26.1.0', '26.1', '27.0.0']) t.equal(losesCommands(version), false, version)
})
