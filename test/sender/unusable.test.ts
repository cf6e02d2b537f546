import t from 'tap'
import { randomUUID } from 'node:crypto'
import { UnusableOutcomes } from '../../lib/sender/unusable-outcomes.js'
import { recordingLog } from '../harness/recording-log.js'
import type { RecordingLog } from '../harness/recording-log.js'
import { embeddedOnly } from '../harness/store.js'
import { until } from '../harness/until.js'
import { NEVER, stage } from './stage.js'

const told = ({ lines }: RecordingLog) => lines.filter(({ message }) => message.startsWith('An outcome event cannot be used'))

async function unusableStage (t: Parameters<typeof stage>[0]) {
  const s = await stage(t)
  return {
    ...s,
    /** A refusal of a kind that this version does not know. */
    mystery: (aggId: string, comId: string) => s.append(s.streams.aggregate(aggId), [{
      id: randomUUID(),
      type: s.commands.refusedName,
      data: Buffer.from('{"kind":"postponed","code":"LATER","message":"Later."}'),
      metadata: Buffer.from(`{"$correlationId":"${aggId}","$causationId":"${comId}"}`)
    }])
  }
}

t.test('an outcome that cannot be used: its caller is told that it is open, operators why, and others get their answers', async t => {
  const s = await unusableStage(t)
  const hostname = randomUUID()
  const { sender, send, log } = await s.readySender({}, { hostname, lookAfter: 0.05 })
  const bystander = await s.readySender()
  const [aggId, comId, next, failed] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  t.strictSame(sender.readiness().warnings, [])
  const result = send('Add', aggId, comId, { by: 1 }, 1)
  const other = send('Add', aggId, next, { by: 1 })
  await s.taken(next)
  await s.mystery(aggId, comId)
  await s.succeed('Add', aggId, next, { by: 1 }, [1])
  t.match(await other, { outcome: { status: 'succeeded' } }, 'the loop goes on')
  await until(() => told(log).length > 0)
  t.match(told(log), [{
    level: 'error', details: { comId, stream: s.streams.aggregate(aggId), revision: '0', reason: 'its kind is neither refused nor failed' }
  }])
  t.match(sender.readiness(), { ready: true, warnings: [`1 commands of ${s.type} have outcome events that cannot be used: see the log`] })
  t.match(await result, { outcome: { status: 'open' } })
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'open' })
  t.equal(told(log).length, 1, 'once, however often it is met')

  await until(() => told(bystander.log).length > 0)
  t.match(bystander.sender.readiness().warnings, [/^1 commands/], 'seen too by who did not send it')
  await s.append(s.streams.fail, [{ id: failed, type: 'Fail', data: Buffer.from('7'), metadata: new Uint8Array() }])
  await until(() => told(log).length > 1)
  t.match(told(log)[1], { details: { comId: failed, stream: s.streams.fail } })
  t.match(sender.readiness().warnings, [/^2 commands/])
  await until(async () => (await s.store.groupInfo(s.streams.category, `${s.type}-${hostname}`))?.outstanding === 0)
  t.equal((await s.store.groupInfo(s.streams.category, `${s.type}-${hostname}`))!.parked, 0n, 'acknowledged')
})

t.test('found by a look-up, where no link brings it', embeddedOnly, async t => {
  const s = await unusableStage(t)
  s.embedded!.faults.holdLinks()
  const { send, log } = await s.readySender({}, { lookAfter: 0.05 })
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const result = send('Add', aggId, comId, { by: 1 }, 0.6)
  await s.taken(comId)
  await s.mystery(aggId, comId)
  await until(() => told(log).length > 0)
  t.match(await result, { outcome: { status: 'open' } })
  t.equal(told(log).length, 1)
  s.embedded!.faults.releaseLinks()
})

t.test('asked by somebody else, its command is open rather than unknown', async t => {
  const s = await unusableStage(t)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await s.mystery(aggId, comId)
  const { sender, log } = await s.readySender({}, { lookAfter: NEVER })
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'open' })
  t.equal(await sender.find({ command: 'Add', aggId: randomUUID(), comId }), undefined)
  t.equal(told(log).length, 1)
  const named = randomUUID()
  const metadata = Buffer.from(`{"$correlationId":"${aggId}","$causationId":"${named}","command":"Add"}`)
  await s.append(s.streams.aggregate(aggId), [{ id: randomUUID(), type: s.commands.refusedName, data: new Uint8Array(), metadata }])
  t.match(await sender.find({ command: 'Add', aggId, comId: named }), { status: 'open' })
  t.equal(await sender.find({ command: 'Start', aggId, comId: named }), undefined, 'it tells which command it is of')
})

t.test('what was told of is remembered up to a number', async t => {
  const log = recordingLog()
  const unusable = new UnusableOutcomes('Account', log)
  const report = (comId: string) => { unusable.report({ kind: 'unusable', comId, reason: 'r' }, { stream: 'S', revision: 1n }) }
  for (let n = 0; n <= 10_000; n++) report(String(n))
  report('10000')
  t.equal(log.lines.length, 10_001)
  report('0')
  t.equal(log.lines.length, 10_002, 'the oldest was forgotten')
})
