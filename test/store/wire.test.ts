import t from 'tap'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import { recordedEvent, streamIdentifier, uuid, uuidText } from '../../lib/store/wire.js'

const id = '0123abcd-4567-89ab-8def-fedcba987654'

t.test('an id is text on both sides', async t => {
  t.equal(uuidText(uuid(id)), id)
})

t.test('an id that is answered as two signed halves', async t => {
  const halves = new shared.UUID.Structured()
  halves.setMostSignificantBits(BigInt.asIntN(64, 0x0123abcd456789abn).toString())
  halves.setLeastSignificantBits(BigInt.asIntN(64, 0x8deffedcba987654n).toString())
  const structured = new shared.UUID()
  structured.setStructured(halves)
  t.equal(uuidText(structured), id)
})

t.test('a recorded event', async t => {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
  event.setId(uuid(id))
  event.setStreamIdentifier(streamIdentifier('Straße-1'))
  event.setStreamRevision('9007199254740993')
  event.getMetadataMap().set('type', 'Thing').set('content-type', 'application/json').set('created', '17000000000129999')
  event.setData(Buffer.from('{"a":1}'))
  event.setCustomMetadata(Buffer.from('{}'))
  const recorded = recordedEvent(event)
  t.match(recorded, { stream: 'Straße-1', revision: 9007199254740993n, id, type: 'Thing', json: true, created: 1_700_000_000_012 })
  t.equal(Buffer.from(recorded.data).toString(), '{"a":1}')
  t.equal(Buffer.from(recorded.metadata).toString(), '{}')
})

t.test('a recorded event of which little is said', async t => {
  const recorded = recordedEvent(new streams.ReadResp.ReadEvent.RecordedEvent())
  t.match(recorded, { stream: '', revision: 0n, id: '', type: '', json: false, created: 0 })
})
