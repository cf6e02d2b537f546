import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import type { Status } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js'
import type { BatchAppendResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import type { AppendAnswer, SubscriptionTrouble } from './contract.js'
import { StoreFault } from './faults.js'

const doing = 'Appending'

/** What a server's answer to a batch append says. The cases are told apart by the type of the status' detail. */
export function appendAnswer (response: BatchAppendResp): AppendAnswer {
  const success = response.getSuccess()
  if (success !== undefined) {
    if (success.hasCurrentRevision()) return { kind: 'written', revision: BigInt(success.getCurrentRevision()) }
    return { kind: 'unknown', error: new StoreFault('unknown', `${doing} failed (the server confirmed it without a revision)`) }
  }
  const failure = response.getError()
  if (failure === undefined) return { kind: 'unknown', error: new StoreFault('unknown', `${doing} failed (the server's answer was empty)`) }
  return failureAnswer(failure)
}

function failureAnswer (failure: Status): AppendAnswer {
  const detail = failure.getDetails()
  const type = detail?.getTypeName() ?? ''
  const fault = (trouble: SubscriptionTrouble, words: string): StoreFault => {
    const message = failure.getMessage()
    return new StoreFault(trouble, `${doing} failed (${message === '' ? words : message}): ${words}`)
  }
  switch (type) {
    case 'event_store.client.WrongExpectedVersion': {
      const version = detail?.unpack(shared.WrongExpectedVersion.deserializeBinary, type)
      if (version == null) break
      return { kind: 'conflict', current: version.hasCurrentStreamRevision() ? BigInt(version.getCurrentStreamRevision()) : 'no_stream' }
    }
    case 'event_store.client.StreamDeleted':
      return { kind: 'deleted' }
    case 'event_store.client.AccessDenied':
      return { kind: 'rejected', reason: 'access_denied', error: fault('access_denied', 'this user may not write to the stream') }
    case 'event_store.client.MaximumAppendSizeExceeded': {
      const limit = detail?.unpack(shared.MaximumAppendSizeExceeded.deserializeBinary, type)
      const most = limit == null ? '' : ` of ${limit.getMaxappendsize()} bytes`
      return { kind: 'rejected', reason: 'too_large', error: fault('unknown', `the append is larger than the server's limit${most}`) }
    }
    case 'event_store.client.MaximumAppendEventSizeExceeded':
      return { kind: 'rejected', reason: 'too_large', error: fault('unknown', 'an event is larger than the server takes') }
    case 'event_store.client.InvalidTransaction':
      return { kind: 'rejected', reason: 'too_large', error: fault('unknown', 'the append does not fit into one transaction of the server') }
    case 'event_store.client.BadRequest': {
      const bad = detail?.unpack(shared.BadRequest.deserializeBinary, type)
      return { kind: 'rejected', reason: 'invalid', error: fault('unknown', bad?.getMessage() ?? 'the server cannot use the request') }
    }
    case 'event_store.client.Timeout':
      return { kind: 'unknown', error: fault('timeout', 'the server did not get it done in time, and may still do it') }
    // A server that is not ready, too busy or without a leader refuses before it does anything.
    case 'google.protobuf.Empty':
      return { kind: 'unavailable', error: fault('unavailable', 'the server does not take appends at the moment') }
  }
  return { kind: 'unknown', error: fault('unknown', 'the server could not say what became of it') }
}
