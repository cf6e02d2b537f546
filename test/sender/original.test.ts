import t from 'tap'
import type { Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { command, defineCommands } from '../../lib/definition/index.js'
import { streamNames } from '../../lib/outcome/index.js'
import { AggregateSender } from '../../lib/sender/index.js'
import type { SendResult } from '../../lib/sender/index.js'
import { Store } from '../../lib/store/index.js'
import { recordingLog } from '../harness/recording-log.js'
import { embeddedOnly, openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { senderSettings } from './stage.js'

/** Streams as the original UniStream.Kurrent writes them. */
async function stage (t: Test, callLimit = 10) {
  const { connectionString, embedded } = await openStore(t)
  const store = Store.open({ connectionString, callLimit }, recordingLog())
  t.teardown(() => store.close())
  const storedName = uniqueType('Account.Domain.Account')
  const streams = streamNames(storedName)
  const commands = defineCommands('Account', {
    CreateAccount: command(Type.Object({ owner: Type.String() }), { storedName: 'Account.Domain.CreateAccount' }),
    VerifyAccount: command(Type.Object({ verifiedBy: Type.String(), conclusion: Type.Boolean() }), { storedName: 'Account.Domain.VerifyAccount' }),
    LimitAccount: command(Type.Object({ limit: Type.Number() }), { storedName: 'Account.Domain.LimitAccount' })
  }, { storedName, spelling: 'PascalCase' })
  const sender = new AggregateSender({ commands, store, settings: senderSettings, hostname: randomUUID(), log: recordingLog(), lookAfter: 0.1 })
  t.teardown(() => sender.close())
  sender.start()
  await until(() => sender.readiness().ready)

  const put = async (stream: string, id: string, type: string, data: string, metadata = ''): Promise<void> => {
    await until(async () =>
      (await store.append(stream, 'any', [{ id, type, data: Buffer.from(data), metadata: Buffer.from(metadata) }])).kind === 'written')
  }
  return {
    embedded,
    streams,
    put,
    /** A command in the original's spelling. */
    sent: (aggId: string, comId: string, type: string, data: string) =>
      put(streams.commands, comId, `Account.Domain.${type}`, data, `{"$correlationId":"${aggId}"}`),
    /** An event in the original's spelling. */
    happened: (aggId: string, comId: string, type: string, data: string) =>
      put(streams.aggregate(aggId), comId, `Account.Domain.${type}`, data),
    send: (name: string, aggId: string, comId: string, command: unknown): Promise<SendResult> => sender.send(name, { aggId, comId, command }),
    /** Until the command stands in the store. */
    taken: (comId: string) => until(async () => {
      const page = await store.read(streams.commands, { direction: 'backwards', from: 'end', count: 1 })
      return page.kind === 'page' && page.events[0]?.event?.id === comId
    })
  }
}

t.test('what an original worker did is answered: before, and live', async t => {
  const s = await stage(t)
  const [aggId, created, limited] = [randomUUID(), randomUUID(), randomUUID()]
  await s.sent(aggId, created, 'CreateAccount', '{"Owner":"Eric \\u5F20"}')
  await s.happened(aggId, created, 'AccountCreated', '{"Owner":"Eric \\u5F20"}')
  t.match(await s.send('CreateAccount', aggId, created, { owner: 'Eric 张' }), {
    outcome: { status: 'succeeded', aggregate: 'Account', aggId, comId: created, revision: 0n, events: [{ data: { Owner: 'Eric 张' } }] }
  })

  const live = s.send('LimitAccount', aggId, limited, { limit: 1000.5 })
  await s.taken(limited)
  await s.happened(aggId, limited, 'AccountLimited', `{"AccountId":"${aggId}","Limit":1000.50}`)
  t.match(await live, { outcome: { status: 'succeeded', revision: 1n, events: [{ data: { AccountId: aggId, Limit: 1000.5 } }] }, replayed: false })
})

t.test('what an original worker refused is refused: before, and live', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const message = 'ValidateException \\u0022\\u5DF2\\u5BA1\\u6838\\u0022'
  const refused = { status: 'refused', code: 'REFUSED', message: 'ValidateException "已审核"' }
  const body = { verifiedBy: 'V', conclusion: true }
  const [live, later] = [randomUUID(), randomUUID()]
  const result = s.send('VerifyAccount', aggId, live, body)
  await s.taken(live)
  await s.put(s.streams.fail, live, 'Fail', `"${message}"`)
  t.match(await result, { outcome: { ...refused, aggId, comId: live }, replayed: false })

  await s.put(s.streams.fail, later, 'Fail', `"${message}"`)
  // The store tells times in milliseconds: only what stands there since an earlier one is known to be no answer to this command.
  const then = Date.now()
  await until(() => Date.now() > then)
  await s.sent(aggId, later, 'VerifyAccount', '{"VerifiedBy":"V","Conclusion":true}')
  t.match(await s.send('VerifyAccount', aggId, later, body), { outcome: { ...refused, comId: later }, replayed: true })
})

t.test('a duplicate of the original has no data, and is a hint', async t => {
  const s = await stage(t)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const result = s.send('LimitAccount', aggId, comId, { limit: 5 })
  await s.taken(comId)
  await s.put(s.streams.duplicate, comId, 'Duplicate', '')
  await s.happened(aggId, comId, 'AccountLimited', '{"Limit":5}')
  t.match(await result, { outcome: { status: 'succeeded', events: [{ data: { Limit: 5 } }] } })
})

t.test('the original\'s events do not tell whose they are: the stored command does', async t => {
  const s = await stage(t)
  const [aggId, comId, twice] = [randomUUID(), randomUUID(), randomUUID()]
  const reused = { code: 'UNISTREAM_COMMAND_ID_REUSED' }
  await s.sent(aggId, comId, 'LimitAccount', '{"Limit":1000.50}')
  await s.happened(aggId, comId, 'AccountLimited', '{"Limit":1000.50}')
  await t.rejects(s.send('LimitAccount', aggId, comId, { limit: 2000 }), reused, 'another body')
  await t.rejects(s.send('CreateAccount', aggId, comId, { owner: 'Ann' }), reused, 'another command')
  t.match(await s.send('LimitAccount', aggId, comId, { limit: 1000.5 }), { outcome: { status: 'succeeded' } }, 'the same, however it is spelled')

  const both = Promise.allSettled([s.send('LimitAccount', aggId, twice, { limit: 1 }), s.send('LimitAccount', aggId, twice, { limit: 2 })])
  await s.taken(twice)
  await s.happened(aggId, twice, 'AccountLimited', '{"Limit":1}')
  t.match(await both, [{ value: { outcome: { status: 'succeeded' } } }, { reason: reused }], 'live, while both wait')
})

t.test('found while the append has no answer yet, the original\'s outcome waits for whose it is', embeddedOnly, async t => {
  const s = await stage(t, 1)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await s.sent(aggId, comId, 'LimitAccount', '{"Limit":1}')
  await s.happened(aggId, comId, 'AccountLimited', '{"Limit":1}')
  const lost = s.embedded!.faults.loseAnswer(s.streams.commands, 'withheld')
  const another = s.send('LimitAccount', aggId, comId, { limit: 2 })
  await lost
  await t.rejects(another, { code: 'UNISTREAM_COMMAND_ID_REUSED' })
})

t.test('delivered while its command waits to be appended, the original\'s outcome waits for whose it is', embeddedOnly, async t => {
  const s = await stage(t, 1)
  const [aggId, comId, other, before, holding] = [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  s.embedded!.faults.holdLinks()
  await s.sent(aggId, comId, 'LimitAccount', '{"Limit":1}')
  await s.happened(aggId, comId, 'AccountLimited', '{"Limit":1}')
  const first = s.send('LimitAccount', other, before, { limit: 5 })
  await s.taken(before)
  const lost = s.embedded!.faults.loseAnswer(s.streams.commands, 'withheld')
  const held = s.send('LimitAccount', other, holding, { limit: 6 })
  await lost
  const another = s.send('LimitAccount', aggId, comId, { limit: 2 })
  s.embedded!.faults.releaseLinks()
  await s.happened(other, before, 'AccountLimited', '{"Limit":5}')
  t.match(await first, { outcome: { status: 'succeeded' } }, 'what came later was delivered')
  await t.rejects(another, { code: 'UNISTREAM_COMMAND_ID_REUSED' })
  await s.happened(other, holding, 'AccountLimited', '{"Limit":6}')
  t.match(await held, { outcome: { status: 'succeeded' } })
})

t.test('delivered after the append of what the store knew before, the original\'s outcome waits for whose it is', embeddedOnly, async t => {
  const s = await stage(t)
  const [aggId, comId, other, later] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  s.embedded!.faults.holdLinks()
  await s.sent(aggId, comId, 'LimitAccount', '{"Limit":1}')
  await s.happened(aggId, comId, 'AccountLimited', '{"Limit":1}')
  const another = t.rejects(s.send('LimitAccount', aggId, comId, { limit: 2 }), { code: 'UNISTREAM_COMMAND_ID_REUSED' })
  const after = s.send('LimitAccount', other, later, { limit: 5 })
  await s.taken(later)
  s.embedded!.faults.releaseLinks()
  await another
  await s.happened(other, later, 'AccountLimited', '{"Limit":5}')
  t.match(await after, { outcome: { status: 'succeeded' } })
})

t.test('of several that the store knew before, each original\'s outcome waits for whose it is', embeddedOnly, async t => {
  const s = await stage(t)
  const [aggId, first, second] = [randomUUID(), randomUUID(), randomUUID()]
  s.embedded!.faults.holdLinks()
  for (const comId of [first, second]) {
    await s.sent(aggId, comId, 'LimitAccount', '{"Limit":1}')
    await s.happened(aggId, comId, 'AccountLimited', '{"Limit":1}')
  }
  const both = [first, second].map(comId => s.send('LimitAccount', aggId, comId, { limit: 2 }))
  const rejected = Promise.all(both.map(sent => t.rejects(sent, { code: 'UNISTREAM_COMMAND_ID_REUSED' })))
  s.embedded!.faults.releaseLinks()
  await rejected
})
