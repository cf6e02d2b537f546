import t from 'tap'
import { randomUUID } from 'node:crypto'
import { embeddedOnly } from '../harness/store.js'
import { stage } from './stage.js'

t.test('a command is appended and answered with its outcome', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]

  const { outcome, replayed } = await send('Start', aggId.toUpperCase(), comId.toUpperCase(), {})
  t.strictSame(outcome, {
    status: 'succeeded', aggregate: s.type, aggId, comId, revision: 0n, events: [{ type: 'Started', data: {} }]
  }, 'in lower case, whatever the caller wrote')
  t.equal(replayed, false)

  const [command] = await s.events(s.streams.commands)
  t.equal(command!.id, comId)
  t.equal(command!.type, 'Start')
  t.equal(Buffer.from(command!.metadata).toString(), `{"$correlationId":"${aggId}"}`)

  const second = await send('AddTwice', aggId, randomUUID(), { by: 3 })
  t.match(second.outcome, { status: 'succeeded', revision: 2n, events: [{ data: { by: 3 } }, { data: { by: 3 } }] }, 'the last revision')
})

t.test('a refusal and a failure are outcomes like any other', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.readySender()
  const aggId = randomUUID()
  const [refused, failed] = [randomUUID(), randomUUID()]
  await send('Start', aggId, randomUUID(), {})
  t.strictSame((await send('Refuse', aggId, refused, { details: { why: [1] } })).outcome, {
    status: 'refused', aggregate: s.type, aggId, comId: refused, code: 'NO', message: 'No.', details: { why: [1] }
  })
  t.match((await send('Misbehave', aggId, failed, { how: 'throw' })).outcome, { status: 'failed', comId: failed, code: 'DEFECT' })
  t.match((await send('Add', aggId, randomUUID(), { by: 1 })).outcome, { status: 'succeeded' }, 'and the feed goes on')
})

t.test('copies of a command at once are one command, and get one answer', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const results = await Promise.all(Array.from({ length: 10 }, () => send('Start', aggId, comId, {})))
  for (const result of results) t.strictSame(result, results[0])
  t.match(results[0], { outcome: { status: 'succeeded' }, replayed: false })
  t.strictSame(await s.sent(), [comId], 'joined, not appended again')
})

t.test('commands that wait together travel together, and each is answered for itself', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.readySender()
  const ids = Array.from({ length: 300 }, () => randomUUID())
  const results = await Promise.all(ids.map((comId, index) => send('Start', ids[index % 50]!, comId, {})))
  results.forEach(({ outcome }, index) => {
    t.match(outcome, { comId: ids[index], aggId: ids[index % 50], status: index < 50 ? 'succeeded' : 'refused' })
  })
  t.strictSame(await s.sent(), ids, 'in the order in which they came')
})

t.test('a finished command is answered from memory', async t => {
  const s = await stage(t)
  s.worker()
  const { send, appends } = await s.watchedSender({})
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const first = await send('Start', aggId, comId, {})
  t.strictSame(await send('Start', aggId, comId, {}), { outcome: first.outcome, replayed: true })
  t.equal(appends.length, 1, 'the store is not asked')
})

t.test('memory lasts as long as the settings say', async t => {
  const s = await stage(t)
  s.worker()
  const { send, appends } = await s.watchedSender({ interval: 0 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const first = await send('Start', aggId, comId, {})
  t.strictSame(await send('Start', aggId, comId, {}), { outcome: first.outcome, replayed: true })
  t.equal(appends.length, 2, 'the store is asked')
})

t.test('an outcome cannot be changed by who gets it', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await send('Start', aggId, randomUUID(), {})
  const { outcome } = await send('Refuse', aggId, comId, { details: { why: 1 } })
  t.throws(() => { (outcome as { details: { why: number } }).details.why = 2 })
  t.match((await send('Refuse', aggId, comId, { details: { why: 1 } })).outcome, { details: { why: 1 } })
})

t.test('what the caller changes after the call does not change the command', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.sender()
  const command = { by: 1 }
  const aggId = randomUUID()
  const [, added] = await Promise.all([
    send('Start', aggId, randomUUID(), {}),
    (() => {
      const result = send('Add', aggId, randomUUID(), command)
      command.by = 1_000
      return result
    })()
  ])
  t.match(added!.outcome, { status: 'succeeded', events: [{ data: { by: 1 } }] })
})

t.test('what does not fit is refused with all its faults, and nothing reaches the store', async t => {
  const s = await stage(t)
  const { sender, send } = await s.readySender()
  const id = randomUUID()
  const nil = '00000000-0000-0000-0000-000000000000'
  await t.rejects(send('Nonsense', id, id, {}), { code: 'UNISTREAM_COMMAND_UNKNOWN', statusCode: 404 })
  await t.rejects(send('toString', id, id, {}), { code: 'UNISTREAM_COMMAND_UNKNOWN' })
  await t.rejects(send('Add', 'no id', nil, { by: 1.5, more: true }), {
    code: 'UNISTREAM_COMMAND_INVALID',
    statusCode: 400,
    faults: [{ pointer: '/aggId', rule: 'format' }, { pointer: '/comId', rule: 'not' }, { pointer: /by|more/ }, { pointer: /by|more/ }]
  })
  for (const deadline of [0, -1, NaN, Infinity, '1' as unknown as number]) {
    await t.rejects(send('Add', id, id, { by: 1 }, deadline), { code: 'UNISTREAM_COMMAND_INVALID', faults: [{ pointer: '/deadline' }] })
  }
  await t.rejects(sender.find({ command: 'Add', aggId: '', comId: '' }), { code: 'UNISTREAM_COMMAND_INVALID' })
  await t.rejects(sender.find({ command: 'Nonsense', aggId: id, comId: id }), { code: 'UNISTREAM_COMMAND_UNKNOWN' })
  t.strictSame(await s.sent(), [])
})

t.test('a command that is too large is refused before it can spoil the others', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.readySender()
  const aggId = randomUUID()
  await send('Start', aggId, randomUUID(), {})
  const many = Array.from({ length: 50 }, () => randomUUID())
  const [large, ...others] = await Promise.allSettled([
    send('Misbehave', aggId, randomUUID(), { how: 'x'.repeat(900 * 1024) }),
    ...many.map(comId => send('Add', aggId, comId, { by: 1 }))
  ])
  t.match(large, { status: 'rejected', reason: { code: 'UNISTREAM_COMMAND_TOO_LARGE', statusCode: 413 } })
  for (const other of others) t.match(other, { value: { outcome: { status: 'succeeded' } } })
})

t.test('when a store takes less than it should, only who sent too much suffers', embeddedOnly, async t => {
  const s = await stage(t, { maxAppendSize: 4_000 })
  s.worker()
  const { send } = await s.readySender()
  const aggId = randomUUID()
  await send('Start', aggId, randomUUID(), {})
  const [large, ...others] = await Promise.allSettled([
    send('Misbehave', aggId, randomUUID(), { how: 'x'.repeat(5_000) }),
    ...Array.from({ length: 50 }, () => send('Add', aggId, randomUUID(), { by: 1 }))
  ])
  t.match(large, { status: 'rejected', reason: { code: 'UNISTREAM_COMMAND_TOO_LARGE' } })
  for (const other of others) t.match(other, { value: { outcome: { status: 'succeeded' } } })
})
