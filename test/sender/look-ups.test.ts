import t from 'tap'
import { randomUUID } from 'node:crypto'
import { commandEvent, OutcomeReader } from '../../lib/outcome/index.js'
import { LookUps } from '../../lib/sender/look-ups.js'
import type { ReadOptions } from '../../lib/store/index.js'
import { embeddedOnly } from '../harness/store.js'
import { until } from '../harness/until.js'
import { NEVER, stage } from './stage.js'

t.test('links that are held back: the outcome is looked up, and the log says what may be wrong', embeddedOnly, async t => {
  const s = await stage(t)
  s.worker()
  const { send, log } = await s.readySender({}, { lookAfter: 0.1 })
  const aggId = randomUUID()
  const warnings = () => log.lines.filter(({ message }) => /\$by_category/.test(message))
  await send('Start', aggId, randomUUID(), {})
  s.embedded!.faults.holdLinks()
  t.match(await send('Add', aggId, randomUUID(), { by: 1 }), { outcome: { status: 'succeeded' }, replayed: false })
  t.match(await Promise.all(Array.from({ length: 20 }, () => send('Add', aggId, randomUUID(), { by: 1 }))),
    Array.from({ length: 20 }, () => ({ outcome: { status: 'succeeded' } })))
  await until(() => warnings().length > 0)
  t.match(warnings(), [{ level: 'warn', details: { outcomes: 1 } }], 'once in a while')
  s.embedded!.faults.releaseLinks()
})

t.test('a look-up goes on until the outcome stands there', embeddedOnly, async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const [aggId, comId, other] = [randomUUID(), randomUUID(), randomUUID()]
  s.embedded!.faults.holdLinks()
  const early = Array.from({ length: 700 }, () => ({
    id: randomUUID(), type: 'Added', data: Buffer.from('{"by":1}'), metadata: new Uint8Array()
  }))
  await s.append(s.streams.aggregate(aggId), early)
  const result = send('Add', aggId, comId, { by: 1 })
  const another = send('Add', aggId, other, { by: 1 })
  await s.taken(comId)
  // Nothing stands there at the first looks; then one outcome, and then the other, above what has been read already.
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await result, { outcome: { status: 'succeeded', revision: 700n } })
  await s.succeed('Add', aggId, other, { by: 1 }, [2])
  t.match(await another, { outcome: { status: 'succeeded', revision: 701n } })
})

t.test('what passed while the feed did not stand is looked up when it stands again', embeddedOnly, async t => {
  const s = await stage(t)
  const { send, relay, sender } = await s.readySender({}, { lookAfter: NEVER })
  const aggId = randomUUID()
  const ids = Array.from({ length: 40 }, () => randomUUID())
  const results = ids.map(comId => send('Add', aggId, comId, { by: 1 }))
  await s.taken(ids.at(-1)!)
  await relay.refuse()
  await until(() => !sender.readiness().ready)
  s.embedded!.faults.holdLinks()
  for (const comId of ids) await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  await relay.accept()
  for (const [index, result] of results.entries()) t.match(await result, { outcome: { status: 'succeeded', comId: ids[index] } })
})

t.test('a hint that the outcome stands makes the sender look', async t => {
  const s = await stage(t)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  // Its link passed before this sender listened, and the command stream does not have the command, as a restored one may not.
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  const { send } = await s.readySender({}, { lookAfter: NEVER })
  const metadata = Buffer.from(`{"$correlationId":"${aggId}","$causationId":"${comId}","announcement":true}`)
  const result = send('Add', aggId, comId, { by: 1 })
  await s.taken(comId)
  await s.append(s.streams.duplicate, [{ id: comId, type: 'Duplicate', data: new Uint8Array(), metadata }])
  t.match(await result, { outcome: { status: 'succeeded', events: [{ data: { by: 1 } }] } })
})

t.test('an announcement is never an outcome', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const metadata = Buffer.from(`{"$correlationId":"${aggId}","$causationId":"${comId}","announcement":true}`)
  const result = send('Add', aggId, comId, { by: 1 })
  await s.taken(comId)
  await s.append(s.streams.fail, [{ id: comId, type: 'Fail', data: Buffer.from('"No."'), metadata }])
  await s.append(s.streams.duplicate, [{ id: comId, type: 'Duplicate', data: new Uint8Array(), metadata }])
  await s.deny('Add', aggId, comId, { by: 1 }, { status: 'refused', code: 'BELOW_ZERO', message: 'Too little.' })
  t.match(await result, { outcome: { status: 'refused', code: 'BELOW_ZERO', message: 'Too little.' } })
})

t.test('with a worker that announces, everyone gets the outcome itself', async t => {
  const s = await stage(t)
  s.worker(true)
  const { send } = await s.readySender()
  const aggId = randomUUID()
  t.match((await send('Start', aggId, randomUUID(), {})).outcome, { status: 'succeeded', events: [{ type: 'Started' }] })
  t.match((await send('Refuse', aggId, randomUUID(), {})).outcome, { status: 'refused', code: 'NO' })
})

t.test('a verdict that stands in the fail stream is found there', async t => {
  const s = await stage(t)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await s.append(s.streams.commands, [commandEvent(s.commands.commands.Add, { aggId, comId }, { by: 1 })])
  const metadata = Buffer.from(`{"$correlationId":"${aggId}","$causationId":"${comId}","code":"AGGREGATE_TOMBSTONED","details":{"a":1}}`)
  await s.append(s.streams.fail, [{ id: comId, type: 'Fail', data: Buffer.from('"Gone."'), metadata }])
  const others = Array.from({ length: 600 }, () => ({ id: randomUUID(), type: 'Fail', data: Buffer.from('"No."'), metadata: new Uint8Array() }))
  await s.append(s.streams.fail, others)
  const { send } = await s.readySender()
  t.strictSame(await send('Add', aggId, comId, { by: 1 }), {
    outcome: { status: 'failed', aggregate: s.type, aggId, comId, code: 'AGGREGATE_TOMBSTONED', message: 'Gone.', details: { a: 1 } },
    replayed: true
  })
})

t.test('an outcome of another aggregate with the same command id is not an answer', async t => {
  const s = await stage(t)
  const { send } = await s.readySender()
  const [aggId, elsewhere, comId] = [randomUUID(), randomUUID(), randomUUID()]
  const result = send('Add', aggId, comId, { by: 1 })
  await s.taken(comId)
  await s.succeed('Add', elsewhere, comId, { by: 1 }, [7])
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  t.match(await result, { outcome: { aggId, events: [{ data: { by: 1 } }] } })
})

t.test('a reading that breaks off half way is done again, and nothing is taken for read', async t => {
  const s = await stage(t)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const stream = s.streams.aggregate(aggId)
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  for (let n = 0; n < 4; n++) {
    await s.append(stream, Array.from({ length: 500 }, () => ({
      id: randomUUID(), type: 'Added', data: Buffer.from('{"by":1}'), metadata: new Uint8Array()
    })))
  }
  await s.append(s.streams.commands, [commandEvent(s.commands.commands.Add, { aggId, comId }, { by: 1 })])
  const { send, broken } = await s.interruptedSender(stream, 4)
  t.match(await send('Add', aggId, comId, { by: 1 }), { outcome: { status: 'succeeded', revision: 0n } })
  t.ok(broken())
})

t.test('many questions about the past of a long stream share few readings of it, and do not hold up one about its end', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const stream = s.streams.aggregate(aggId)
  const old = Array.from({ length: 30 }, () => randomUUID())
  for (const comId of old) await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  for (let n = 0; n < 4; n++) {
    await s.append(stream, Array.from({ length: 500 }, () => ({
      id: randomUUID(), type: 'Added', data: Buffer.from('{"by":1}'), metadata: new Uint8Array()
    })))
  }
  const young = randomUUID()
  await s.succeed('Add', aggId, young, { by: 1 }, [1])

  const waiting = [...old]
  const found: string[] = []
  let deepPages = 0
  const store = {
    read: (name: string, options: ReadOptions) => {
      if (typeof options.from === 'bigint' && options.from < 1_500n) deepPages++
      // One comes after the other, so that none can share all that another one reads.
      ask()
      return s.store.read(name, options)
    }
  }
  const lookUps = new LookUps(store, s.streams, () => new OutcomeReader(s.commands))
  t.teardown(() => lookUps.close())
  const fail = (what: string) => () => t.fail(what)
  const look = (comId: string | undefined): void => {
    if (comId === undefined) return
    lookUps.look({
      aggId,
      comId,
      searched: {},
      wanted: () => true,
      onFound: stored => found.push(stored.comId),
      onUnusable: fail('unusable'),
      onMissed: fail('missed'),
      onFailed: fail('failed')
    })
  }
  const ask = (): void => look(waiting.shift())
  ask()
  await until(() => deepPages > 2)
  const before = found.length
  look(young)
  await until(() => found.length > before)
  t.equal(found[before], young)
  await until(() => found.length === old.length + 1)
  t.same(new Set(found), new Set([...old, young]))
  t.ok(deepPages < 60, `${deepPages} pages beyond the youngest events, of 180 if each were looked for by itself`)
})
