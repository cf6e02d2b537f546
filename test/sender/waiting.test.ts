import t from 'tap'
import { randomUUID } from 'node:crypto'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

t.test('the deadline passes: open; asked again, the outcome', async t => {
  const s = await stage(t)
  const { send, sender } = await s.readySender({ deadline: 0.1 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  t.strictSame(await send('Add', aggId, comId, { by: 1 }), {
    outcome: { status: 'open', aggregate: s.type, aggId, comId }, replayed: false
  }, 'by the setting')
  t.match(await send('Add', aggId, comId, { by: 1 }, 0.05), { outcome: { status: 'open' } }, 'by the request')
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'open' })

  const again = send('Add', aggId, comId, { by: 1 }, 60)
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await again, { outcome: { status: 'succeeded', events: [{ data: { by: 1 } }] } })
  t.strictSame(await s.sent(), [comId], 'the store knew it each time')
})

t.test('each caller has a deadline of its own', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const patient = send('Add', aggId, comId, { by: 1 })
  t.match(await send('Add', aggId, comId, { by: 1 }, 0.05), { outcome: { status: 'open' } })
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await patient, { outcome: { status: 'succeeded' } })
})

t.test('an outcome that comes when nobody waits any more is kept for who asks again', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const [aggId, comId, next] = [randomUUID(), randomUUID(), randomUUID()]
  t.match(await send('Add', aggId, comId, { by: 1 }, 0.05), { outcome: { status: 'open' } })
  const after = send('Add', aggId, next, { by: 1 })
  await s.taken(next)
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  await s.succeed('Add', aggId, next, { by: 1 }, [1])
  await after
  t.match(await send('Add', aggId, comId, { by: 1 }), { outcome: { status: 'succeeded', revision: 0n }, replayed: true })
  t.strictSame(await s.sent(), [comId, next], 'from memory')
})

t.test('more commands under way than the bound: refused, until others are answered', async t => {
  const s = await stage(t)
  const { send } = await s.readySender({ inFlight: 2 })
  const aggId = randomUUID()
  const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()]
  const results = [send('Add', aggId, first, { by: 1 }), send('Add', aggId, second, { by: 1 })]
  const overloaded = { code: 'UNISTREAM_OVERLOADED', statusCode: 503, retryAfter: Number }
  await t.rejects(send('Add', aggId, third, { by: 1 }), overloaded)
  results.push(send('Add', aggId, first, { by: 1 }))
  await s.taken(second)
  await s.succeed('Add', aggId, first, { by: 1 }, [1])
  t.match(await results[0], { outcome: { status: 'succeeded' } })
  t.match(await results[2], { outcome: { status: 'succeeded' } }, 'a copy joins what is under way')
  results.push(send('Add', aggId, third, { by: 1 }))
  await s.taken(third)
  await s.succeed('Add', aggId, second, { by: 1 }, [1])
  await s.succeed('Add', aggId, third, { by: 1 }, [1])
  t.match(await Promise.all(results), [{}, {}, {}, { outcome: { status: 'succeeded' } }])
})

t.test('more callers than the bound: refused, copies too', async t => {
  const s = await stage(t)
  const { send } = await s.readySender({ waiters: 3 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const results = Array.from({ length: 3 }, () => send('Add', aggId, comId, { by: 1 }))
  const overloaded = { code: 'UNISTREAM_OVERLOADED' }
  await t.rejects(send('Add', aggId, comId, { by: 1 }), overloaded, 'a copy')
  const other = randomUUID()
  await t.rejects(send('Add', aggId, other, { by: 1 }), overloaded, 'another command')
  await s.taken(comId)
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await Promise.all(results), Array.from({ length: 3 }, () => ({ outcome: { status: 'succeeded' } })))
  const later = send('Add', aggId, other, { by: 1 })
  await s.taken(other)
  await s.succeed('Add', aggId, other, { by: 1 }, [1])
  t.match(await later, { outcome: { status: 'succeeded' } }, 'nothing is left of what was refused')
  t.strictSame(await s.sent(), [comId, other])
})

t.test('a batch has no more commands and bytes than the settings say', async t => {
  const s = await stage(t)
  s.worker()
  for (const bounds of [{ batchCount: 1 }, { batchCount: 7 }, { batchBytes: 300 }, { batchBytes: 1 }]) {
    const { send, appends, close } = await s.watchedSender(bounds)
    const ids = Array.from({ length: 30 }, () => randomUUID())
    await Promise.all(ids.map(comId => send('Start', randomUUID(), comId, {})))
    for (const append of appends) {
      t.ok(append.events <= (bounds.batchCount ?? Infinity), `${append.events} events`)
      t.ok(append.events === 1 || append.bytes <= (bounds.batchBytes ?? Infinity), `${append.bytes} bytes`)
    }
    t.equal(appends.reduce((sum, { events }) => sum + events, 0), 30)
    await close()
  }
  const { send, appends } = await s.watchedSender({})
  await Promise.all(Array.from({ length: 30 }, () => send('Start', randomUUID(), randomUUID(), {})))
  t.strictSame(appends.map(({ events }) => events), [30], 'all in one where there is room')
})

t.test('what comes while an append is in flight travels in the next one', async t => {
  const s = await stage(t)
  s.worker()
  const { send, appends, relay } = await s.watchedSender({})
  relay.holdAnswers()
  const results: unknown[] = []
  for (let n = 0; n < 6; n++) {
    results.push(send('Start', randomUUID(), randomUUID(), {}))
    for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  t.strictSame(appends.map(({ events }) => events), [1])
  relay.release()
  for (const result of results) t.match(await result, { outcome: { status: 'succeeded' } })
  t.strictSame(appends.map(({ events }) => events), [1, 5])
})

t.test('a closing sender answers everybody and takes nothing more', async t => {
  const s = await stage(t)
  const { send, sender, close } = await s.readySender({ drain: 0.1 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const results = [send('Add', aggId, comId, { by: 1 }), send('Add', aggId, comId, { by: 1 }), send('Add', aggId, randomUUID(), { by: 1 })]
  await s.taken(comId)
  const closed = close()
  await t.rejects(send('Add', aggId, randomUUID(), { by: 1 }), { code: 'UNISTREAM_CLOSING', statusCode: 503, retryAfter: Number })
  await t.rejects(sender.find({ command: 'Add', aggId, comId }), { code: 'UNISTREAM_CLOSING' })
  t.match(sender.readiness(), { ready: false, reasons: [/closing/] })
  for (const result of results) t.match(await result, { outcome: { status: 'open' } })
  await closed
  await close()
})

t.test('a closing sender waits a while for outcomes', async t => {
  const s = await stage(t)
  const { send, close } = await s.readySender({ drain: 60 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const result = send('Add', aggId, comId, { by: 1 })
  await s.taken(comId)
  const closed = close()
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await result, { outcome: { status: 'succeeded' } })
  await closed
})

t.test('closed while the store is away, and before it ever stood', async t => {
  const s = await stage(t)
  const standing = await s.readySender()
  await standing.relay.refuse()
  await until(() => !standing.sender.readiness().ready)
  const waiting = standing.send('Add', randomUUID(), randomUUID(), { by: 1 }).catch((error: Error) => error)
  const early = await s.sender()
  await early.relay.refuse()
  const held = early.send('Add', randomUUID(), randomUUID(), { by: 1 }).catch((error: Error) => error)
  await Promise.all([standing.close(), early.close()])
  t.match(await waiting, { statusCode: 503 })
  t.match(await held, { code: 'UNISTREAM_CLOSING' })
})

t.test('a question that is open when the sender closes is answered', async t => {
  const s = await stage(t)
  const { sender, relay, close } = await s.readySender()
  relay.hold()
  const question = sender.find({ command: 'Add', aggId: randomUUID(), comId: randomUUID() }).catch((error: Error) => error)
  const closed = close()
  t.match(await question, { code: 'UNISTREAM_CLOSING' })
  relay.release()
  await closed
})
