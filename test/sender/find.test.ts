import t from 'tap'
import { randomUUID } from 'node:crypto'
import { commandEvent } from '../../lib/outcome/index.js'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

t.test('the outcome of a command, from wherever it is known', async t => {
  const s = await stage(t)
  s.worker()
  const first = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await first.send('Start', aggId, comId, {})
  const found = { status: 'succeeded', aggregate: s.type, aggId, comId, revision: 0n, events: [{ type: 'Started', data: {} }] }
  const second = await s.readySender()
  for (const [where, { sender }] of [['memory', first], ['the store', second]] as const) {
    t.strictSame(await sender.find({ command: 'Start', aggId: aggId.toUpperCase(), comId: comId.toUpperCase() }), found, where)
    t.equal(await sender.find({ command: 'Add', aggId, comId }), undefined, `another command, ${where}`)
    t.equal(await sender.find({ command: 'Start', aggId: randomUUID(), comId }), undefined, `another aggregate, ${where}`)
    t.equal(await sender.find({ command: 'Start', aggId, comId: randomUUID() }), undefined, `another id, ${where}`)
  }
})

t.test('a command that waits in the command stream is open', async t => {
  const s = await stage(t)
  const { sender } = await s.readySender()
  const aggId = randomUUID()
  const ids = Array.from({ length: 600 }, () => randomUUID())
  await s.append(s.streams.commands, ids.map(comId => commandEvent(s.commands.commands.Add, { aggId, comId }, { by: 1 })))
  for (const comId of [ids[0]!, ids[300]!, ids[599]!]) {
    t.strictSame(await sender.find({ command: 'Add', aggId, comId }), { status: 'open', aggregate: s.type, aggId, comId })
  }
  t.equal(await sender.find({ command: 'Add', aggId, comId: randomUUID() }), undefined)
  t.equal(await sender.find({ command: 'Start', aggId, comId: ids[0]! }), undefined)
  t.equal(await sender.find({ command: 'Add', aggId: randomUUID(), comId: ids[0]! }), undefined)
})

t.test('a command that somebody waits for here is open, and then has its outcome', async t => {
  const s = await stage(t)
  const { sender, send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const result = send('Add', aggId, comId, { by: 1 })
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'open' })
  await s.taken(comId)
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  await result
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'succeeded' })
})

t.test('what the workers have put aside is open only where somebody waits for it', async t => {
  const s = await stage(t)
  s.worker()
  const { sender, send } = await s.readySender()
  const other = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await send('Start', aggId, randomUUID(), {})
  // No worker can go on from this event: the command is parked, which the group counts as finished.
  const waiting = send('Misbehave', aggId, comId, { how: 'evolve' }, 3)
  await s.taken(comId)
  await until(async () => (await s.store.groupInfo(s.streams.commands, 'UniStream'))?.lastCheckpointed === 1n)
  t.match(await sender.find({ command: 'Misbehave', aggId, comId }), { status: 'open' })
  t.equal(await other.sender.find({ command: 'Misbehave', aggId, comId }), undefined)
  t.match(await waiting, { outcome: { status: 'open' } })
})

t.test('more questions at once than the store is asked: refused', async t => {
  const s = await stage(t)
  const { sender, relay } = await s.readySender()
  relay.hold()
  const questions = Array.from({ length: 65 }, () => sender.find({ command: 'Add', aggId: randomUUID(), comId: randomUUID() }))
  const answers = Promise.allSettled(questions)
  await t.rejects(questions[64]!, { code: 'UNISTREAM_OVERLOADED' })
  relay.release()
  t.equal((await answers).filter(({ status }) => status === 'fulfilled').length, 64)
})

t.test('a question has a deadline too', async t => {
  const s = await stage(t)
  const { sender, relay } = await s.readySender({ deadline: 0.1 })
  relay.hold()
  await t.rejects(sender.find({ command: 'Add', aggId: randomUUID(), comId: randomUUID() }), { code: 'UNISTREAM_STORE_UNAVAILABLE' })
  relay.release()
})

t.test('a verdict on another aggregate\'s command of the same id is not an answer', async t => {
  const s = await stage(t)
  const { sender } = await s.readySender()
  const [aggId, elsewhere, comId] = [randomUUID(), randomUUID(), randomUUID()]
  const metadata = Buffer.from(`{"$correlationId":"${elsewhere}","$causationId":"${comId}","code":"AGGREGATE_TOMBSTONED"}`)
  await s.append(s.streams.fail, [{ id: comId, type: 'Fail', data: Buffer.from('"Gone."'), metadata }])
  t.equal(await sender.find({ command: 'Add', aggId, comId }), undefined)
  t.match(await sender.find({ command: 'Add', aggId: elsewhere, comId }), { status: 'failed', aggId: elsewhere })
})
