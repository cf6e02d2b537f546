import t from 'tap'
import { createHash, randomUUID } from 'node:crypto'
import { uuidV5 } from '../../lib/definition/uuid.js'
import { AggregateSender } from '../../lib/sender/index.js'
import { recordingLog } from '../harness/recording-log.js'
import { until } from '../harness/until.js'
import { senderSettings } from '../sender/stage.js'
import { stage } from '../subscriber/stage.js'

t.test('the streams hold what the wire contract says, byte for byte', async t => {
  const s = await stage(t)
  s.worker({ announce: true })
  const sender = new AggregateSender({
    commands: s.aggregate.commands, store: s.store, settings: senderSettings, hostname: randomUUID(), log: recordingLog()
  })
  t.teardown(() => sender.close())
  sender.start()
  await until(() => sender.readiness().ready)
  const aggId = randomUUID()
  const [start, twice, refused] = [randomUUID(), randomUUID(), randomUUID()]
  // Ids are in lower case in the store, however the caller wrote them.
  t.match(await sender.send('Start', { aggId: aggId.toUpperCase(), comId: start.toUpperCase(), command: {} }), { outcome: { status: 'succeeded', revision: 0n, aggId, comId: start } })
  t.match(await sender.send('AddTwice', { aggId, comId: twice, command: { by: 7 } }), { outcome: { status: 'succeeded', revision: 2n } })
  t.match(await sender.send('Add', { aggId, comId: refused, command: { by: -15 } }), { outcome: { status: 'refused', code: 'BELOW_ZERO' } })

  const bytes = async (stream: string) => (await s.events(stream)).map(({ id, type, data, metadata, json }) =>
    ({ id, type, json, data: Buffer.from(data).toString(), metadata: Buffer.from(metadata).toString() }))
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const correlation = `"$correlationId":"${aggId}"`
  t.same(await bytes(s.type), [
    { id: start, type: 'Start', json: true, data: '{}', metadata: `{${correlation}}` },
    { id: twice, type: 'AddTwice', json: true, data: '{"by":7}', metadata: `{${correlation}}` },
    { id: refused, type: 'Add', json: true, data: '{"by":-15}', metadata: `{${correlation}}` }
  ])
  t.equal(Buffer.from(`{${correlation}}`).subarray(19, 55).toString(), aggId, 'where the original cuts the id out')

  const refusal = '{"kind":"refused","code":"BELOW_ZERO","message":"14 is too little."}'
  const first = (comId: string, count: number, command: string, body: string) =>
    `{${correlation},"$causationId":"${comId}","index":0,"count":${count},"command":"${command}","fingerprint":"${hash(body)}"}`
  t.same(await bytes(`${s.type}-${aggId}`), [
    { id: uuidV5(start, '0/1:Started:{}'), type: 'Started', json: true, data: '{}', metadata: first(start, 1, 'Start', '{}') },
    { id: uuidV5(twice, '0/2:Added:{"by":7}'), type: 'Added', json: true, data: '{"by":7}', metadata: first(twice, 2, 'AddTwice', '{"by":7}') },
    { id: uuidV5(twice, '1/2:Added:{"by":7}'), type: 'Added', json: true, data: '{"by":7}', metadata: `{${correlation},"$causationId":"${twice}","index":1,"count":2}` },
    { id: uuidV5(refused, `0/1:CommandRefused:${refusal}`), type: 'CommandRefused', json: true, data: refusal, metadata: first(refused, 1, 'Add', '{"by":-15}') }
  ])

  await s.drained()
  t.match(await bytes(`${s.type}-Duplicate`), [{ id: start, type: 'Duplicate', json: false, data: '' }, { id: twice, type: 'Duplicate', json: false, data: '' }])
  t.match(await bytes(`${s.type}-Fail`), [{ id: refused, type: 'Fail', data: '"14 is too little."' }])
  await until(async () => (await s.events(`$ce-${s.type}`)).length >= 7)
  const links = await bytes(`$ce-${s.type}`)
  t.ok(links.every(({ type }) => type === '$>'))
  t.ok(links.every(({ data }) => /^\d+@.+-(Fail|Duplicate|[0-9a-f-]{36})$/.test(data)), 'to everything but the commands')
})
