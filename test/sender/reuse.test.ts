import t from 'tap'
import { randomUUID } from 'node:crypto'
import { commandEvent } from '../../lib/outcome/index.js'
import { embeddedOnly } from '../harness/store.js'
import { stage } from './stage.js'

const reused = { code: 'UNISTREAM_COMMAND_ID_REUSED', statusCode: 409 }

t.test('a command id that was used for something else', async t => {
  const s = await stage(t)
  s.worker()
  const first = await s.readySender()
  const [aggId, comId, added] = [randomUUID(), randomUUID(), randomUUID()]
  await first.send('Start', aggId, comId, {})
  await first.send('Add', aggId, added, { by: 1 })

  for (const [where, sending] of [['in memory', first], ['in the store', await s.readySender()]] as const) {
    await t.rejects(sending.send('Add', aggId, added, { by: 2 }), reused, `another body, ${where}`)
    await t.rejects(sending.send('AddTwice', aggId, added, { by: 1 }), reused, `another command with the same body, ${where}`)
    t.match(await sending.send('Add', aggId, added, { by: 1 }), { outcome: { status: 'succeeded' }, replayed: true }, `itself, ${where}`)
    await t.rejects(sending.send('Start', randomUUID(), comId, {}), reused, `another aggregate, ${where}`)
  }
})

t.test('one id for two aggregates is refused while it is remembered', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const result = send('Add', aggId, comId, { by: 1 })
  await s.taken(comId)
  await t.rejects(send('Add', randomUUID(), comId, { by: 1 }), reused, 'while it is under way')
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await result, { outcome: { status: 'succeeded' } })
  await t.rejects(send('Add', randomUUID(), comId, { by: 1 }), reused, 'and afterwards')
})

t.test('while the outcome is open, nobody knows which of two commands of one id will be decided', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const aggId = randomUUID()
  for (const by of [1, 2]) {
    const comId = randomUUID()
    const results = [send('Add', aggId, comId, { by: 1 }), send('Add', aggId, comId, { by: 2 })]
    const answers = Promise.allSettled(results)
    await s.taken(comId)
    await s.succeed('Add', aggId, comId, { by }, [by])
    const settled = await answers
    t.match(settled[by - 1], { status: 'fulfilled', value: { outcome: { status: 'succeeded', events: [{ data: { by } }] } } })
    t.match(settled[2 - by], { status: 'rejected', reason: reused })
  }
})

t.test('the second of one id waits like a look-up: it is told that the outcome is open', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const first = send('Add', aggId, comId, { by: 1 })
  await s.taken(comId)
  t.match(await send('Add', aggId, comId, { by: 2 }, 0.05), { outcome: { status: 'open', aggId, comId } })
  t.strictSame(await s.sent(), [comId], 'and is not appended')
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await first, { outcome: { status: 'succeeded' } })
})

t.test('when the first of one id cannot be stored, the second is sent for itself', embeddedOnly, async t => {
  const s = await stage(t, { maxAppendSize: 4_000 })
  s.worker()
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await send('Start', aggId, randomUUID(), {})
  const [large, small] = await Promise.allSettled([
    send('Misbehave', aggId, comId, { how: 'x'.repeat(5_000) }),
    send('Add', aggId, comId, { by: 1 })
  ])
  t.match(large, { reason: { code: 'UNISTREAM_COMMAND_TOO_LARGE' } })
  t.match(small, { value: { outcome: { status: 'succeeded' } } })
})

t.test('several ids that the store knows for other aggregates, which this sender could not know', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const ids = Array.from({ length: 6 }, () => randomUUID())
  for (const comId of ids) {
    await s.append(s.streams.commands, [commandEvent(s.commands.commands.Add, { aggId: randomUUID(), comId }, { by: 1 })])
  }
  const [, first, , second] = ids
  const aggId = randomUUID()
  t.match(await Promise.allSettled([first, second].map(comId => send('Add', aggId, comId!, { by: 1 }))), [{ reason: reused }, { reason: reused }])
  t.strictSame(await s.sent(), ids)
  await t.rejects(send('Add', aggId, first!, { by: 1 }), reused, 'and again')
})
