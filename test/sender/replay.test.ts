import t from 'tap'
import { randomUUID } from 'node:crypto'
import { commandEvent } from '../../lib/outcome/index.js'
import type { NewEvent } from '../../lib/store/index.js'
import { embeddedOnly } from '../harness/store.js'
import { until } from '../harness/until.js'
import { NEVER, stage } from './stage.js'

t.test('a finished command is answered by a sender that has never seen it', async t => {
  const s = await stage(t)
  const worker = s.worker()
  const first = await s.readySender()
  const [aggId, started, added, refused] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  await first.send('Start', aggId, started, {})
  const results = [await first.send('AddTwice', aggId, added, { by: 2 }), await first.send('Refuse', aggId, refused, {})]
  await first.close()
  await worker.close()

  const second = await s.readySender()
  t.strictSame(await second.send('AddTwice', aggId, added, { by: 2 }), { outcome: results[0]!.outcome, replayed: true })
  t.strictSame(await second.send('Refuse', aggId, refused, {}), { outcome: results[1]!.outcome, replayed: true })
  t.equal(second.sender.readiness().ready, true)
})

t.test('it looks at once where the store says that it knew the command, not after a while', async t => {
  const s = await stage(t)
  const worker = s.worker()
  const first = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await first.send('Start', aggId, comId, {})
  await worker.close()
  const second = await s.readySender({}, { lookAfter: NEVER })
  t.match(await second.send('Start', aggId, comId, {}), { outcome: { status: 'succeeded' }, replayed: true })
})

t.test('what another sender finished while this one listened is known for what it is', async t => {
  const s = await stage(t)
  const worker = s.worker()
  const hostname = randomUUID()
  const [first, second] = [await s.readySender(), await s.readySender({}, { hostname, lookAfter: NEVER })]
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const { outcome } = await first.send('Start', aggId, comId, {})
  await until(async () => (await s.store.groupInfo(s.streams.category, `${s.type}-${hostname}`))?.lastCheckpointed === 0n)
  await worker.close()
  t.strictSame(await second.send('Start', aggId, comId, {}), { outcome, replayed: true })
})

t.test('several finished commands at once, some of them known to the store', async t => {
  const s = await stage(t)
  const worker = s.worker()
  const first = await s.readySender()
  const aggId = randomUUID()
  await first.send('Start', aggId, randomUUID(), {})
  const finished = Array.from({ length: 20 }, () => randomUUID())
  for (const comId of finished) await first.send('Add', aggId, comId, { by: 1 })
  await first.close()

  const second = await s.readySender()
  const all = await Promise.all(finished.map(comId => second.send('Add', aggId, comId, { by: 1 })))
  all.forEach((result, index) => t.match(result, { outcome: { status: 'succeeded', comId: finished[index] }, replayed: true }))
  await second.close()

  const third = await s.readySender()
  const fresh = Array.from({ length: 20 }, () => randomUUID())
  const mixed = await Promise.all([...finished, ...fresh].map(comId => third.send('Add', aggId, comId, { by: 1 })))
  mixed.forEach((result, index) => t.match(result, { outcome: { status: 'succeeded' }, replayed: index < 20 }))
  const sent = await s.sent()
  t.equal(new Set(sent).size, sent.length, 'none stands twice in the command stream')
  await worker.close()
})

t.test('a command that was tried before goes alone, so that it cannot come to stand there twice', async t => {
  const s = await stage(t)
  const { send, appends } = await s.watchedSender({})
  const [aggId, tried] = [randomUUID(), randomUUID()]
  t.match(await send('Add', aggId, tried, { by: 1 }, 0.05), { outcome: { status: 'open' } })
  await Promise.all([randomUUID(), tried, randomUUID()].map(comId => send('Add', aggId, comId, { by: 1 }, 0.05)))
  t.strictSame(appends.map(({ events }) => events).sort(), [1, 1, 2])
  const sent = await s.sent()
  t.equal(new Set(sent).size, sent.length)
})

t.test('a store that has forgotten the id takes the command again, and there is still one answer', embeddedOnly, async t => {
  const s = await stage(t)
  s.worker()
  const first = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await first.send('Start', aggId, randomUUID(), {})
  const { outcome } = await first.send('Add', aggId, comId, { by: 1 })
  await first.close()
  s.embedded!.faults.forgetIds()

  const second = await s.readySender()
  t.strictSame(await second.send('Add', aggId, comId, { by: 1 }), { outcome, replayed: true })
  t.equal((await s.sent()).filter(id => id === comId).length, 2, 'it was taken twice')
  t.equal((await s.events(s.streams.aggregate(aggId))).length, 2, 'and took effect once')
  t.notMatch(second.log.lines, [{ message: /by_category/ }], 'nothing is wrong with the links')
})

t.test('a command under ten thousand others of its aggregate is found', async t => {
  const s = await stage(t)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await s.succeed('AddTwice', aggId, comId, { by: 1 }, [1, 1])
  const later: NewEvent[] = Array.from({ length: 10_000 }, () => ({
    id: randomUUID(), type: 'Added', data: Buffer.from('{"by":1}'), metadata: Buffer.from(`{"$correlationId":"${aggId}","$causationId":"${randomUUID()}"}`)
  }))
  for (let at = 0; at < later.length; at += 500) await s.append(s.streams.aggregate(aggId), later.slice(at, at + 500))
  await s.append(s.streams.commands, [commandEvent(s.commands.commands.AddTwice, { aggId, comId }, { by: 1 })])
  const { send } = await s.readySender()
  t.match(await send('AddTwice', aggId, comId, { by: 1 }), {
    outcome: { status: 'succeeded', revision: 1n, events: [{ data: { by: 1 } }, { data: { by: 1 } }] }, replayed: true
  })
})
