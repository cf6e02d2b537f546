import t from 'tap'
import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { defineAggregate, defineCommands, defineEvents, creates } from '../../lib/definition/index.js'
import { uuidV5 } from '../../lib/definition/uuid.js'
import {
  announcedRefusal, announcedSuccess, commandEvent, failEvent, readMetadata, streamNames, successEvents, sweepMark, readSweepMark, verdictEvent, writeMetadata
} from '../../lib/outcome/index.js'

const aggId = '11111111-1111-4111-8111-111111111111'
const comId = '22222222-2222-4222-8222-222222222222'
const commands = defineCommands('Account', { Open: Type.Object({ owner: Type.String() }) }, { storedName: 'Bank.Account', spelling: 'PascalCase' })
const events = defineEvents({ Opened: Type.Object({ owner: Type.String() }) }, { storedNames: { Opened: 'Bank.Opened' } })
const aggregate = defineAggregate(commands, {
  initialState: { owner: '' },
  events,
  evolve: { Opened: (_, { owner }) => ({ owner }) },
  decide: { Open: creates((_, { owner }) => events.Opened({ owner })) }
})
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

t.test('a command is stored under its own id, with the aggregate id at bytes 19 to 55 of the metadata', async t => {
  const event = commandEvent(commands.commands.Open, { aggId, comId }, { owner: 'Ann' })
  t.equal(event.id, comId)
  t.equal(event.type, 'Open')
  t.equal(text(event.data), '{"Owner":"Ann"}')
  t.equal(text(event.metadata), `{"$correlationId":"${aggId}"}`)
  t.equal(text(event.metadata.subarray(19, 55)), aggId)
})

t.test('the ids of events come from their content', async t => {
  const definition = aggregate.events.Opened
  const cause = { aggId, comId, command: 'Open', fingerprint: 'f'.repeat(64) }
  const [first, second] = successEvents(cause, [{ definition, data: { owner: 'Ann' } }, { definition, data: { owner: 'Bob' } }])
  t.equal(first!.id, uuidV5(comId, '0/2:Bank.Opened:{"Owner":"Ann"}'))
  t.equal(second!.id, uuidV5(comId, '1/2:Bank.Opened:{"Owner":"Bob"}'))
  t.equal(first!.id[14], '5')
  t.equal(text(first!.metadata),
    `{"$correlationId":"${aggId}","$causationId":"${comId}","index":0,"count":2,"command":"Open","fingerprint":"${'f'.repeat(64)}"}`)
  t.equal(text(second!.metadata), `{"$correlationId":"${aggId}","$causationId":"${comId}","index":1,"count":2}`)
  const [alone] = successEvents(cause, [{ definition, data: { owner: 'Ann' } }])
  t.not(alone!.id, first!.id, 'one event is not the first of two')
})

t.test('uuid v5 is the one of the RFC', async t => {
  const bytes = createHash('sha1').update(Buffer.from(comId.replaceAll('-', ''), 'hex')).update('x').digest()
  t.equal(uuidV5(comId, 'x').slice(0, 8), bytes.toString('hex', 0, 4))
  t.equal(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
})

t.test('a refusal is one event of the reserved type', async t => {
  const event = verdictEvent({ aggId, comId, command: 'Open', fingerprint: 'aa' }, 'CommandRefused', {
    status: 'refused', code: 'NO', message: 'No.', details: { left: 1 }
  })
  t.equal(event.type, 'CommandRefused')
  t.equal(text(event.data), '{"kind":"refused","code":"NO","message":"No.","details":{"left":1}}')
  t.equal(event.id, uuidV5(comId, `0/1:CommandRefused:${text(event.data)}`))
  t.match(readMetadata(event.metadata), { aggId, comId, index: 0, count: 1, command: 'Open', fingerprint: 'aa' })
})

t.test('what stands beside the aggregate has the id of its command', async t => {
  const verdict = { status: 'failed', code: 'X', message: 'It "failed".' } as const
  const bare = failEvent({ comId }, verdict)
  t.same([bare.id, bare.type, text(bare.data)], [comId, 'Fail', '"It \\"failed\\"."'])
  t.equal(text(bare.metadata), `{"$causationId":"${comId}","code":"X"}`)
  const full = failEvent({ aggId, comId, command: 'Open', fingerprint: 'aa' }, { ...verdict, details: [1] })
  t.match(readMetadata(full.metadata), { aggId, comId, command: 'Open', fingerprint: 'aa', code: 'X', details: [1] })
  const refusal = announcedRefusal({ aggId, comId }, 'No.')
  t.same([refusal.id, refusal.type, text(refusal.data)], [comId, 'Fail', '"No."'])
  const success = announcedSuccess({ aggId, comId })
  t.same([success.id, success.type, success.data.length], [comId, 'Duplicate', 0])
  t.equal(readMetadata(success.metadata).announcement, true)
})

t.test('metadata of any kind are read as far as they tell', async t => {
  const read = (text: string) => readMetadata(Buffer.from(text))
  t.same(read(''), {})
  t.same(read('no json'), {})
  t.same(read('null'), {})
  t.same(read('"text"'), {})
  t.same(readMetadata(Uint8Array.of(0xff, 0xfe)), {})
  t.same(read(`{"$correlationId":"${aggId.toUpperCase()}","$causationId":"x","index":-1,"count":1.5,"command":1,"fingerprint":{}}`), { aggId })
  t.same(read('{"index":1e12,"count":1e12,"announcement":"yes"}'), {})
  t.same(readMetadata(writeMetadata({ comId, code: 'C', details: null })), { comId, code: 'C', details: null })
})

t.test('streams are named as the original names them', async t => {
  const names = streamNames('Bank.Account')
  t.match(names, { commands: 'Bank.Account', fail: 'Bank.Account-Fail', duplicate: 'Bank.Account-Duplicate', category: '$ce-Bank.Account' })
  t.equal(names.aggregate(aggId), `Bank.Account-${aggId}`)
  t.equal(names.aggIdOf(`Bank.Account-${aggId}`), aggId)
  t.equal(names.aggIdOf('Bank.Account-Fail'), undefined)
  t.equal(names.aggIdOf(`Other-${aggId}`), undefined)
  t.notMatch(names.sweep, /-/, 'of no category')
})

t.test('how far a sweep has looked', async t => {
  const stream = 'UniStream.Sweep.Account'
  const mark = sweepMark(stream, { revision: 12n, open: [] })
  t.match(mark, { type: 'SweepMark', data: Buffer.from('{"revision":"12"}') })
  t.equal(mark.id, sweepMark(stream, { revision: 12n, open: [] }).id, 'the same mark twice is one')
  t.not(mark.id, sweepMark('UniStream.Sweep.Other', { revision: 12n, open: [] }).id)
  t.strictSame(readSweepMark(mark), { revision: 12n, open: [] })

  const open = [{ revision: 3n, comId }, { revision: 7n, comId: aggId }]
  const with2 = sweepMark(stream, { revision: 12n, open })
  t.equal(with2.data.toString(), `{"revision":"12","open":[["3","${comId}"],["7","${aggId}"]]}`)
  t.strictSame(readSweepMark(with2), { revision: 12n, open })
  t.not(with2.id, mark.id)

  const nothing = { revision: -1n, open: [] }
  t.strictSame(readSweepMark(undefined), nothing)
  const unreadable = [
    '', 'null', '7', '{}', '{"revision":"-3"}', '{"revision":"x"}', '{"revision":"1","open":3}', '{"revision":"1","open":["3"]}',
    `{"revision":"1","open":[["3","${comId}"],["x","${comId}"]]}`, '{"revision":"1","open":[["3","x"]]}'
  ]
  for (const data of unreadable) t.strictSame(readSweepMark({ data: Buffer.from(data) }), nothing, data)
})
