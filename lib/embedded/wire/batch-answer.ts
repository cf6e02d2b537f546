import anyPb from 'google-protobuf/google/protobuf/any_pb.js'
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js'
import protobuf from 'google-protobuf'
import type { AppendResult, Expected } from '../streams/index.js'
import { writeBatchSuccess } from './codec/batch-append.js'
import { codePb, sharedPb, statusPb, streamsPb } from './protocol.js'
import { streamIdentifier } from './recorded.js'

type Status = InstanceType<typeof statusPb.Status>

const { Code } = codePb

/** The answer to one batch. */
export function outcome (correlation: Uint8Array, stream: string, expected: Expected, result: AppendResult): Buffer {
  return result.kind === 'written'
    ? writeBatchSuccess(correlation, stream, result.revision, result.position)
    : failure(correlation, stream, refusal(stream, expected, result))
}

function refusal (stream: string, expected: Expected, result: Exclude<AppendResult, { kind: 'written' }>): Status {
  switch (result.kind) {
    case 'conflict':
      return problem(Code.ALREADY_EXISTS, 'Wrong expected version', 'WrongExpectedVersion',
        wrongExpectedVersion(result.current, expected).serializeBinary())
    case 'deleted':
      return problem(Code.NOT_FOUND, 'Stream deleted', 'StreamDeleted',
        new sharedPb.StreamDeleted().setStreamIdentifier(streamIdentifier(stream)).serializeBinary())
    case 'append_too_large':
      return problem(Code.INVALID_ARGUMENT, 'Maximum Append Size Exceeded', 'MaximumAppendSizeExceeded',
        new sharedPb.MaximumAppendSizeExceeded().setMaxappendsize(result.limit).serializeBinary())
    case 'event_too_large':
      return problem(Code.INVALID_ARGUMENT, 'Maximum Append Event Size Exceeded', 'MaximumAppendEventSizeExceeded',
        eventSizeExceeded(result.id, result.size, result.limit))
  }
}

/** The answer to a batch that was not written, for a reason given or because the log could not write. */
export function failure (correlation: Uint8Array, stream: string, reason: unknown): Buffer {
  return Buffer.from(new streamsPb.BatchAppendResp()
    .setCorrelationId(sharedPb.UUID.deserializeBinary(correlation))
    .setStreamIdentifier(streamIdentifier(stream))
    .setError(reason instanceof statusPb.Status ? reason : notWritten(reason))
    .serializeBinary())
}

export function badRequest (message: string): Status {
  return problem(Code.INVALID_ARGUMENT, message, 'BadRequest', new sharedPb.BadRequest().setMessage(message).serializeBinary())
}

export function timeout (): Status {
  return problem(Code.DEADLINE_EXCEEDED, 'Timeout', 'Timeout', new sharedPb.Timeout().serializeBinary())
}

/** The real server says so too where it cannot write: the client has no other word for it. */
function notWritten (error: unknown): Status {
  const message = error instanceof Error ? error.message : String(error)
  return problem(Code.DEADLINE_EXCEEDED, `The server could not write: ${message}`, 'Timeout', new sharedPb.Timeout().serializeBinary())
}

function problem (code: number, message: string, detail: string, bytes: Uint8Array): Status {
  const details = new anyPb.Any()
  details.pack(bytes, `event_store.client.${detail}`)
  return new statusPb.Status().setCode(code).setMessage(message).setDetails(details)
}

function wrongExpectedVersion (current: bigint, expected: Expected): InstanceType<typeof sharedPb.WrongExpectedVersion> {
  const message = new sharedPb.WrongExpectedVersion()
  if (current < 0n) message.setCurrentNoStream(new emptyPb.Empty())
  else message.setCurrentStreamRevision(current.toString())
  switch (expected) {
    case 'any': return message.setExpectedAny(new emptyPb.Empty())
    case 'stream_exists': return message.setExpectedStreamExists(new emptyPb.Empty())
    case 'no_stream': return message.setExpectedNoStream(new emptyPb.Empty())
    default: return message.setExpectedStreamPosition(expected.toString())
  }
}

/** The client ships no class for this detail, so it is written field by field. */
function eventSizeExceeded (id: string, size: number, limit: number): Uint8Array {
  const writer = new protobuf.BinaryWriter()
  writer.writeString(1, id)
  writer.writeUint32(2, size)
  writer.writeUint32(3, limit)
  return writer.getResultBuffer()
}
