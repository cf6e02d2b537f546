import t from 'tap'
import { randomUUID } from 'node:crypto'
import { embeddedOnly } from '../harness/store.js'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

t.test('the answer to an append is lost: the command is appended again, and answered once', embeddedOnly, async t => {
  for (const fate of ['withheld', 'cut'] as const) {
    const s = await stage(t)
    s.worker()
    const { send } = await s.readySender({}, { callLimit: 0.5 })
    const aggId = randomUUID()
    await send('Start', aggId, randomUUID(), {})
    const lost = s.embedded!.faults.loseAnswer(s.streams.commands, fate)
    const ids = Array.from({ length: 20 }, () => randomUUID())
    const results = ids.map(comId => send('Add', aggId, comId, { by: 1 }))
    await lost
    for (const result of results) t.match(await result, { outcome: { status: 'succeeded' }, replayed: false }, fate)
    t.equal((await s.events(s.streams.aggregate(aggId))).length, 21)
  }
})

t.test('the answer is lost, and the store forgets the ids: two of each in the command stream, one outcome', embeddedOnly, async t => {
  const s = await stage(t)
  const { send, appends } = await s.watchedSender({}, { callLimit: 0.5 })
  const aggId = randomUUID()
  const ids = Array.from({ length: 3 }, () => randomUUID())
  const lost = s.embedded!.faults.loseAnswer(s.streams.commands)
  const results = ids.map(comId => send('Add', aggId, comId, { by: 1 }))
  await lost
  s.embedded!.faults.forgetIds()
  for (const comId of ids) await s.taken(comId, 2)
  t.strictSame(appends.map(({ events }) => events), [3, 1, 1, 1], 'each alone, since the store may know it')
  for (const comId of ids) await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  for (const result of results) t.match(await result, { outcome: { status: 'succeeded' }, replayed: false })
})

t.test('an append of unknown fate is not said to be refused', embeddedOnly, async t => {
  const s = await stage(t)
  const { send, relay } = await s.readySender({}, { callLimit: 0.3 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const lost = s.embedded!.faults.loseAnswer(s.streams.commands)
  const result = send('Add', aggId, comId, { by: 1 }, 2)
  await lost
  await relay.refuse()
  t.match(await result, { outcome: { status: 'open' } }, 'though the store refuses every later attempt')
  await relay.accept()
})

t.test('a store that is away: refused in bounded time, and said when to come again', async t => {
  const s = await stage(t)
  s.worker()
  const { send, relay, sender } = await s.readySender()
  const aggId = randomUUID()
  await send('Start', aggId, randomUUID(), {})
  await relay.refuse()
  await until(() => !sender.readiness().ready)
  const away = { code: 'UNISTREAM_STORE_UNAVAILABLE', statusCode: 503, retryAfter: Number }
  const results = await Promise.allSettled([send('Add', aggId, randomUUID(), { by: 1 }, 0.3), send('Add', aggId, randomUUID(), { by: 1 }, 0.1)])
  t.match(results, [{ reason: away }, { reason: away }])
  await t.rejects(sender.find({ command: 'Add', aggId, comId: randomUUID() }), away)
  t.match(sender.readiness(), { ready: false, reasons: [new RegExp(s.type)] })

  const waiting = send('Add', aggId, randomUUID(), { by: 1 })
  await relay.accept()
  t.match(await waiting, { outcome: { status: 'succeeded' } }, 'who waits long enough is answered when it is back')
  await until(() => sender.readiness().ready)
})

t.test('a store that is away at the start is waited for', async t => {
  const s = await stage(t)
  const first = await s.readySender()
  await first.relay.refuse()
  const { send, relay, sender } = await s.sender()
  await relay.refuse()
  s.worker()
  const held = send('Start', randomUUID(), randomUUID(), {}).catch((error: Error) => error)
  t.match(await held, { code: 'UNISTREAM_STORE_UNAVAILABLE', statusCode: 503 }, 'not for ever')
  t.match(sender.readiness(), { ready: false, reasons: [/do not come yet/] })
  await t.rejects(send('Start', randomUUID(), randomUUID(), {}), { code: 'UNISTREAM_STORE_UNAVAILABLE' }, 'and then at once')
  await relay.accept()
  await until(() => sender.readiness().ready)
  t.match(await send('Start', randomUUID(), randomUUID(), {}), { outcome: { status: 'succeeded' } })
})

t.test('commands that come right after the start are held until the sender stands', async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.sender()
  t.match(await send('Start', randomUUID(), randomUUID(), {}), { outcome: { status: 'succeeded' } })
})

t.test('connections that break again and again leave nobody without the right answer', embeddedOnly, async t => {
  const s = await stage(t)
  s.worker()
  const { send, relay } = await s.readySender({}, { callLimit: 2 })
  const aggId = randomUUID()
  await send('Start', aggId, randomUUID(), {})
  const results: Promise<unknown>[] = []
  for (let round = 0; round < 8; round++) {
    for (let each = 0; each < 10; each++) results.push(send('Add', aggId, randomUUID(), { by: 1 }))
    await new Promise(resolve => setImmediate(resolve))
    relay.cut()
    s.embedded!.faults.dropConnections()
  }
  for (const result of results) t.match(await result, { outcome: { status: 'succeeded' } })
  t.equal((await s.events(s.streams.aggregate(aggId))).length, 81, 'each took effect once')
})

t.test('a store that hangs: open, since nobody knows, and answered when asked again', embeddedOnly, async t => {
  const s = await stage(t)
  s.worker()
  const { send } = await s.readySender({}, { callLimit: 0.5 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await send('Start', aggId, randomUUID(), {})
  s.embedded!.faults.hang()
  t.match(await send('Add', aggId, comId, { by: 1 }, 1.2), { outcome: { status: 'open', aggId, comId }, replayed: false })
  s.embedded!.faults.resume()
  t.match(await send('Add', aggId, comId, { by: 1 }), { outcome: { status: 'succeeded' } })
  t.equal((await s.events(s.streams.aggregate(aggId))).length, 2)
})

t.test('a command stream that is deleted for ever', embeddedOnly, async t => {
  const s = await stage(t)
  const { send, log } = await s.readySender()
  await s.tombstone(s.streams.commands)
  await t.rejects(send('Start', randomUUID(), randomUUID(), {}), { code: 'UNISTREAM_STORE_UNAVAILABLE' })
  t.match(log.lines.filter(({ level }) => level === 'error'), [{ details: { err: /deleted for ever/ } }])
})
