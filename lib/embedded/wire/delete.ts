import { status, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import type { DeleteResult, Expected, Streams } from '../streams/index.js'
import { callError, invalidArgument, notWritten, streamDeleted } from './errors.js'
import { expectedNumber, expectedOf } from './expected.js'
import { unwritable } from './proposed.js'
import { streamsPb } from './protocol.js'
import { streamName } from './recorded.js'

type DeleteRequest = InstanceType<typeof streamsPb.DeleteReq>
type DeleteResponse = InstanceType<typeof streamsPb.DeleteResp>
type TombstoneRequest = InstanceType<typeof streamsPb.TombstoneReq>
type TombstoneResponse = InstanceType<typeof streamsPb.TombstoneResp>

export function deleteHandler (streams: Streams) {
  return (call: ServerUnaryCall<DeleteRequest, DeleteResponse>, callback: sendUnaryData<DeleteResponse>): void => {
    handle(call.request.getOptions(), (stream, expected) => streams.softDelete(stream, expected), callback, (position) =>
      new streamsPb.DeleteResp().setPosition(
        new streamsPb.DeleteResp.Position().setCommitPosition(position).setPreparePosition(position)))
  }
}

export function tombstoneHandler (streams: Streams) {
  return (call: ServerUnaryCall<TombstoneRequest, TombstoneResponse>, callback: sendUnaryData<TombstoneResponse>): void => {
    handle(call.request.getOptions(), (stream, expected) => streams.tombstone(stream, expected), callback, (position) =>
      new streamsPb.TombstoneResp().setPosition(
        new streamsPb.TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position)))
  }
}

function handle<Response> (
  options: Parameters<typeof expectedOf>[0] & { getStreamIdentifier (): Parameters<typeof streamName>[0] } | undefined,
  act: (stream: string, expected: Expected) => Promise<DeleteResult>,
  callback: sendUnaryData<Response>,
  answer: (position: string) => Response
): void {
  const stream = streamName(options?.getStreamIdentifier())
  const expected = options === undefined ? undefined : expectedOf(options)
  const reason = unwritable(stream)
  if (expected === undefined || reason !== undefined) {
    callback(invalidArgument(reason ?? 'The expected revision is missing or no revision'))
    return
  }
  act(stream, expected).then((result) => {
    switch (result.kind) {
      case 'written':
        callback(null, answer(result.position.toString()))
        break
      case 'deleted':
        callback(streamDeleted(stream))
        break
      case 'conflict':
        callback(callError(status.FAILED_PRECONDITION, `Wrong expected version of stream '${stream}'`, {
          exception: 'wrong-expected-version',
          'stream-name': stream,
          'expected-version': expectedNumber(expected).toString(),
          'actual-version': result.current.toString()
        }))
    }
  }, (error: unknown) => { callback(notWritten(error)) })
}
