import t from 'tap'
import { randomUUID } from 'node:crypto'
import { stage } from '../subscriber/stage.js'
import { spawnWorker } from '../harness/processes.js'

const onRealServer = Boolean(process.env['KURRENT_HOST'])

/** A started aggregate, and a command for it that is not sent yet. */
async function scene (t: import('tap').Test) {
  const s = await stage(t)
  const aggId = randomUUID()
  const comId = randomUUID()
  const options = { connectionString: s.connectionString, type: s.type, messageTimeout: 30 }
  return { ...s, aggId, comId, options }
}

t.test('kill -9 between delivery and append: one outcome', async t => {
  const s = await scene(t)
  const first = spawnWorker(t, { ...s.options, at: { comId: s.comId, signal: 'SIGKILL' } })
  await first.said('ready')
  await s.outcome(s.aggId, await s.send(s.aggId, 'Start', {}))
  await s.send(s.aggId, 'AddTwice', { by: 2 }, s.comId)
  t.match(await first.ended, { signal: 'SIGKILL' })
  t.notOk((await s.decided(s.aggId)).includes(s.comId), 'it was not appended')
  spawnWorker(t, s.options)
  t.equal(await s.outcome(s.aggId, s.comId), 'succeeded')
  await s.drained()
  t.equal((await s.decided(s.aggId)).filter(id => id === s.comId).length, 2, 'both events, once')
})

t.test('kill -9 between append and ack: one outcome', { skip: onRealServer && 'needs a fault' }, async t => {
  const s = await scene(t)
  const first = spawnWorker(t, s.options)
  await first.said('ready')
  await s.outcome(s.aggId, await s.send(s.aggId, 'Start', {}))
  const lost = s.embedded!.faults.loseAnswer(s.streams.aggregate(s.aggId), 'withheld')
  await s.send(s.aggId, 'Add', { by: 2 }, s.comId)
  await lost
  t.ok((await s.decided(s.aggId)).includes(s.comId), 'it was appended')
  first.child.kill('SIGKILL')
  await first.ended
  spawnWorker(t, s.options)
  const next = await s.send(s.aggId, 'Add', { by: -3 })
  t.equal(await s.outcome(s.aggId, next), 'refused', 'the sum is 2')
  await s.drained()
  t.equal((await s.decided(s.aggId)).filter(id => id === s.comId).length, 1)
})

t.test('a worker stopped with a command in hand, which another finishes, and continued: one outcome', async t => {
  const s = await scene(t)
  const first = spawnWorker(t, { ...s.options, at: { comId: s.comId, signal: 'SIGSTOP' } })
  await first.said('ready')
  await s.outcome(s.aggId, await s.send(s.aggId, 'Start', {}))
  await s.send(s.aggId, 'Add', { by: 2 }, s.comId)
  await first.said('struck')
  const second = spawnWorker(t, s.options)
  await second.said('ready')
  // A real server finds out by its keep-alive.
  s.embedded?.faults.dropConnections()
  t.equal(await s.outcome(s.aggId, s.comId), 'succeeded')
  const after = await s.send(s.aggId, 'Add', { by: -2 })
  t.equal(await s.outcome(s.aggId, after), 'succeeded')
  first.child.kill('SIGCONT')
  const last = await s.send(s.aggId, 'Add', { by: -1 })
  t.equal(await s.outcome(s.aggId, last), 'refused', 'the sum is 0')
  await s.drained()
  first.child.kill('SIGTERM')
  t.match(await first.ended, { code: 0 }, 'the stopped one found its way back')
  t.equal((await s.decided(s.aggId)).filter(id => id === s.comId).length, 1)
})

t.test('SIGTERM under load: what is held is finished, nothing is lost', async t => {
  const s = await scene(t)
  const aggregates = Array.from({ length: 10 }, () => randomUUID())
  const sent = new Map<string, string[]>(aggregates.map(aggId => [aggId, []]))
  const first = spawnWorker(t, s.options)
  await first.said('ready')
  for (const aggId of aggregates) sent.get(aggId)!.push(await s.send(aggId, 'Start', {}))
  for (let n = 0; n < 20; n++) {
    for (const aggId of aggregates) sent.get(aggId)!.push(await s.send(aggId, 'Add', { by: 1 }))
    if (n === 10) first.child.kill('SIGTERM')
  }
  t.match(await first.ended, { code: 0 })
  spawnWorker(t, s.options)
  for (const aggId of aggregates) {
    await s.outcome(aggId, sent.get(aggId)!.at(-1)!)
    t.same([...await s.decided(aggId)].sort(), [...sent.get(aggId)!].sort())
  }
})
