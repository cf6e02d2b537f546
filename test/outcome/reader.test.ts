import t from 'tap'
import { Type } from '@sinclair/typebox'
import { defineCommands, defineEvents, defineAggregate, creates } from '../../lib/definition/index.js'
import {
  announcedRefusal, announcedSuccess, commandOf, failEvent, OutcomeReader, successEvents, verdictEvent
} from '../../lib/outcome/index.js'
import type { RecordedOutcome } from '../../lib/outcome/index.js'
import type { NewEvent } from '../../lib/store/contract.js'

const aggId = '11111111-1111-4111-8111-111111111111'
const comId = '22222222-2222-4222-8222-222222222222'
const commands = defineCommands('Account', { Open: Type.Object({ owner: Type.String() }) }, { spelling: 'PascalCase' })
const events = defineEvents({ Opened: Type.Object({ owner: Type.String() }) }, { storedNames: { Opened: 'Bank.Opened' } })
const aggregate = defineAggregate(commands, {
  initialState: { owner: '' },
  events,
  evolve: { Opened: (_, { owner }) => ({ owner }) },
  decide: { Open: creates((_, { owner }) => events.Opened({ owner })) }
})
const stream = `Account-${aggId}`
const cause = { aggId, comId, command: 'Open', fingerprint: 'ff' }
const at = (event: NewEvent, revision: bigint, where = stream): RecordedOutcome => ({ ...event, stream: where, revision })
const opened = (count: number) => successEvents(cause,
  Array.from({ length: count }, (_, index) => ({ definition: aggregate.events.Opened, data: { owner: `o${index}` } })))
const raw = (over: Partial<RecordedOutcome>): RecordedOutcome => ({
  stream, revision: 0n, id: comId, type: 'X', data: Buffer.from('{}'), metadata: new Uint8Array(), ...over
})

t.test('a success of one event', async t => {
  const sighting = new OutcomeReader(commands, aggregate.eventByStoredName).take(at(opened(1)[0]!, 7n))
  t.same(sighting, {
    kind: 'outcome',
    comId,
    stored: {
      comId, aggId, command: 'Open', fingerprint: 'ff', verdict: { status: 'succeeded', revision: 7n, events: [{ type: 'Opened', data: { owner: 'o0' } }] }
    }
  })
})

t.test('a sender that knows no events answers with what is stored', async t => {
  const sighting = new OutcomeReader(commands).take(at(opened(1)[0]!, 7n))
  t.match(sighting, { stored: { verdict: { events: [{ type: 'Bank.Opened', data: { Owner: 'o0' } }] } } })
})

t.test('a success of several events, in whatever order they come, once all are there', async t => {
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 1, 0, 2]]) {
    const reader = new OutcomeReader(commands, aggregate.eventByStoredName)
    const sightings = order.map(index => reader.take(at(opened(3)[index]!, 10n + BigInt(index))))
    t.ok(sightings.slice(0, -1).every(sighting => sighting.kind === 'part'))
    t.match(sightings.at(-1), {
      kind: 'outcome',
      stored: {
        aggId, command: 'Open', fingerprint: 'ff', verdict: { revision: 12n, events: [{ data: { owner: 'o0' } }, { data: { owner: 'o1' } }, { data: { owner: 'o2' } }] }
      }
    })
  }
})

t.test('parts that do not belong together are not put together', async t => {
  const reader = new OutcomeReader(commands)
  t.equal(reader.take(at(opened(2)[0]!, 3n)).kind, 'part')
  t.equal(reader.take(at(opened(2)[1]!, 9n)).kind, 'part', 'not contiguous')
  t.equal(reader.take(at(opened(2)[0]!, 8n)).kind, 'outcome')
})

t.test('what is gathered is bounded', async t => {
  const reader = new OutcomeReader(commands)
  const id = (n: number) => `22222222-2222-4222-8222-${String(n).padStart(12, '0')}`
  const parts = (n: number) => successEvents({ ...cause, comId: id(n) },
    [1, 2].map(() => ({ definition: aggregate.events.Opened, data: { owner: 'x' } })))
  for (let n = 0; n <= 10_000; n++) reader.take(at(parts(n)[0]!, 0n))
  t.equal(reader.take(at(parts(0)[1]!, 1n)).kind, 'part', 'the oldest was given up')
  t.equal(reader.take(at(parts(10_000)[1]!, 1n)).kind, 'outcome')
})

t.test('refusals and failures', async t => {
  const reader = new OutcomeReader(commands)
  const refused = verdictEvent(cause, 'CommandRefused', { status: 'refused', code: 'NO', message: 'No.', details: [1] })
  t.match(reader.take(at(refused, 1n)), { stored: { aggId, command: 'Open', verdict: { status: 'refused', code: 'NO', message: 'No.', details: [1] } } })
  const failed = verdictEvent(cause, 'CommandRefused', { status: 'failed', code: 'DEFECT', message: 'Oh.' })
  t.match(reader.take(at(failed, 1n)), { stored: { verdict: { status: 'failed', code: 'DEFECT', message: 'Oh.' } } })
  t.match(reader.take(at(failEvent({ comId }, { status: 'failed', code: 'NO_AGGREGATE_ID', message: 'Nowhere.' }), 1n, 'Account-Fail')),
    { comId, stored: { aggId: undefined, verdict: { status: 'failed', code: 'NO_AGGREGATE_ID', message: 'Nowhere.' } } })
})

t.test('what the original wrote', async t => {
  const reader = new OutcomeReader(commands, aggregate.eventByStoredName)
  t.match(reader.take(raw({ type: 'Bank.Opened', data: Buffer.from('{"Owner":"Ann"}'), revision: 4n })),
    { comId, stored: { aggId, fingerprint: undefined, verdict: { status: 'succeeded', revision: 4n, events: [{ type: 'Opened', data: { owner: 'Ann' } }] } } })
  t.match(reader.take(raw({ stream: 'Account-Fail', type: 'Fail', data: Buffer.from('"\\u5DF2 no"') })),
    { comId, stored: { verdict: { status: 'refused', message: '已 no' } } })
  t.same(reader.take(raw({ stream: 'Account-Duplicate', type: 'Duplicate', data: new Uint8Array() })), { kind: 'hint', comId })
})

t.test('announcements are hints', async t => {
  const reader = new OutcomeReader(commands)
  t.equal(reader.take(at(announcedRefusal({ aggId, comId }, 'No.'), 0n, 'Account-Fail')).kind, 'hint')
  t.equal(reader.take(at(announcedSuccess({ aggId, comId }), 0n, 'Account-Duplicate')).kind, 'hint')
})

t.test('what nobody of ours writes is foreign, and never throws', async t => {
  const reader = new OutcomeReader(commands)
  for (const record of [
    raw({ id: 'no uuid' }),
    raw({ stream: `$$${stream}`, type: '$metadata' }),
    raw({ stream: 'Account-Fail', type: 'Other' }),
    raw({ stream: 'Account-Duplicate', type: 'Other' }),
    raw({ stream: 'Elsewhere' })
  ]) t.equal(reader.take(record).kind, 'foreign', JSON.stringify({ ...record, revision: 0 }))
  t.match(reader.take(raw({ data: Uint8Array.of(0xff) })), { stored: { verdict: { events: [{ type: 'X', data: undefined }] } } })
})

t.test('what has the form of an outcome and is none that can be used is told apart, with the command that it is of', async t => {
  const reader = new OutcomeReader(commands)
  const caused = (over = '') => Buffer.from(`{"$correlationId":"${aggId}","$causationId":"${comId}"${over}}`)
  const verdict = (data: string, metadata = caused(',"command":"Open"')) => raw({ id: 'another', type: 'CommandRefused', data: Buffer.from(data), metadata })
  const fail = (data: Uint8Array, metadata: Uint8Array = new Uint8Array()) => raw({ stream: 'Account-Fail', type: 'Fail', data, metadata })
  for (const [record, reason] of [
    [verdict('nonsense'), /JSON object/],
    [verdict('null'), /JSON object/],
    [verdict('{"kind":"maybe","code":"C","message":"m"}'), /kind/],
    [verdict('{"kind":"refused","code":1,"message":"m"}'), /code/],
    [verdict('{"kind":"failed","code":"C"}'), /message/],
    [raw({ metadata: caused(',"index":3,"count":2,"command":"Open"') }), /index/]
  ] as const) t.match(reader.take(record), { kind: 'unusable', comId, aggId, command: 'Open', reason })
  for (const data of [Uint8Array.of(0xff), new Uint8Array(), Buffer.from('{"message":"No."}')]) {
    t.strictSame(reader.take(fail(data)), { kind: 'unusable', comId, reason: 'its data are no JSON string' })
    t.match(reader.take(fail(data, caused(',"code":"POISON"'))), { kind: 'unusable', comId, aggId })
  }
  t.ok(reader.isVerdict(verdict('{}')))
  t.ok(reader.isVerdict(fail(new Uint8Array())))
  t.notOk(reader.isVerdict(raw({ type: 'Bank.Opened' })))
})

t.test('the command of an event', async t => {
  t.equal(commandOf(opened(1)[0]!), comId)
  t.equal(commandOf({ id: 'its own', metadata: new Uint8Array() }), 'its own')
})
