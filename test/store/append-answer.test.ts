import t from 'tap'
import any from 'google-protobuf/google/protobuf/any_pb.js'
import empty from 'google-protobuf/google/protobuf/empty_pb.js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import status from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js'
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import type { BatchAppendResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import { appendAnswer } from '../../lib/store/append-answer.js'

interface Detail { serializeBinary (): Uint8Array }

function refusal (type: string | undefined, detail: Detail = new empty.Empty(), message = ''): BatchAppendResp {
  const failure = new status.Status()
  failure.setMessage(message)
  if (type !== undefined) {
    const packed = new any.Any()
    packed.pack(detail.serializeBinary(), type)
    failure.setDetails(packed)
  }
  const response = new streams.BatchAppendResp()
  response.setError(failure)
  return response
}

function versionConflict (current: string | undefined): BatchAppendResp {
  const conflict = new shared.WrongExpectedVersion()
  if (current === undefined) conflict.setCurrentNoStream(new empty.Empty())
  else conflict.setCurrentStreamRevision(current)
  conflict.setExpectedNoStream(new empty.Empty())
  return refusal('event_store.client.WrongExpectedVersion', conflict)
}

t.test('a success has the revision of the last event, also beyond 2^53', async t => {
  const success = new streams.BatchAppendResp.Success()
  success.setCurrentRevision('9007199254740993')
  const response = new streams.BatchAppendResp()
  response.setSuccess(success)
  t.strictSame(appendAnswer(response), { kind: 'written', revision: 9007199254740993n })
})

t.test('a conflict has the revision that the stream stands at, the first one too', async t => {
  t.strictSame(appendAnswer(versionConflict('7')), { kind: 'conflict', current: 7n })
  t.strictSame(appendAnswer(versionConflict('0')), { kind: 'conflict', current: 0n })
  t.strictSame(appendAnswer(versionConflict(undefined)), { kind: 'conflict', current: 'no_stream' })
})

t.test('what is surely not written', async t => {
  t.strictSame(appendAnswer(refusal('event_store.client.StreamDeleted')), { kind: 'deleted' })
  t.match(appendAnswer(refusal('event_store.client.AccessDenied')), { kind: 'rejected', reason: 'access_denied', error: /may not write/ })
  const most = new shared.MaximumAppendSizeExceeded()
  most.setMaxappendsize(1_048_576)
  t.match(appendAnswer(refusal('event_store.client.MaximumAppendSizeExceeded', most)), { kind: 'rejected', reason: 'too_large', error: /1048576 bytes/ })
  t.match(appendAnswer(refusal('event_store.client.MaximumAppendEventSizeExceeded')), { kind: 'rejected', reason: 'too_large' })
  t.match(appendAnswer(refusal('event_store.client.InvalidTransaction')), { kind: 'rejected', reason: 'too_large' })
  const bad = new shared.BadRequest()
  bad.setMessage('no such thing')
  t.match(appendAnswer(refusal('event_store.client.BadRequest', bad)), { kind: 'rejected', reason: 'invalid', error: /no such thing/ })
  t.match(appendAnswer(refusal('google.protobuf.Empty', undefined, 'Server Is Not Ready')), { kind: 'unavailable', error: /Server Is Not Ready/ })
})

t.test('what nobody knows', async t => {
  t.match(appendAnswer(refusal('event_store.client.Timeout')), { kind: 'unknown', error: { trouble: 'timeout' } })
  t.match(appendAnswer(refusal('event_store.client.Unknown', undefined, 'odd')), { kind: 'unknown', error: /odd/ })
  t.match(appendAnswer(refusal('event_store.client.FromTheFuture')), { kind: 'unknown' })
  t.match(appendAnswer(refusal(undefined, undefined, 'no detail')), { kind: 'unknown', error: /no detail/ })
  t.match(appendAnswer(new streams.BatchAppendResp()), { kind: 'unknown' })
  const success = new streams.BatchAppendResp()
  success.setSuccess(new streams.BatchAppendResp.Success())
  t.match(appendAnswer(success), { kind: 'unknown' })
})
