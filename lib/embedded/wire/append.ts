import { status, type ServerReadableStream, type sendUnaryData, type ServiceError } from '@grpc/grpc-js'
import { AppendSize, type AppendResult, type Expected, type NewRecord, type Streams } from '../streams/index.js'
import type { Answers } from './answers.js'
import { callError, handlerThrew, invalidArgument, notWritten, streamDeleted } from './errors.js'
import { expectedOf } from './expected.js'
import { InvalidEvent, newRecord, unwritable } from './proposed.js'
import { sharedPb, streamsPb } from './protocol.js'
import { streamName } from './recorded.js'

type Request = InstanceType<typeof streamsPb.AppendReq>
type Response = InstanceType<typeof streamsPb.AppendResp>
type Call = ServerReadableStream<Request, Response>

/** One stream, all events of one call: the way of clients with credentials of their own for the call. */
export function appendHandler (streams: Streams, answers: Answers) {
  return (call: Call, callback: sendUnaryData<Response>): void => {
    let stream: string | undefined
    let expected: Expected = 'any'
    let failure: ServiceError | undefined
    const events: NewRecord[] = []
    const size = new AppendSize(streams.limits)

    call.on('data', (request: Request) => {
      if (failure !== undefined) return
      try {
        const options = request.getOptions()
        const message = request.getProposedMessage()
        if (options !== undefined && stream === undefined) {
          const given = expectedOf(options)
          if (given === undefined) throw invalidArgument('The expected revision is missing or no revision')
          expected = given
          stream = streamName(options.getStreamIdentifier())
          const reason = unwritable(stream)
          if (reason !== undefined) throw invalidArgument(reason)
        } else if (message !== undefined && stream !== undefined) {
          const event = newRecord(message)
          const tooLarge = size.add(event)
          if (tooLarge !== undefined) throw refusal(stream, tooLarge)
          events.push(event)
        } else {
          throw handlerThrew()
        }
      } catch (error) {
        failure = error instanceof InvalidEvent ? error.status : error as ServiceError
        // What was sent so far is not kept for a client that goes on sending.
        events.length = 0
        callback(failure)
      }
    })
    call.on('end', () => {
      if (failure !== undefined) return
      if (stream === undefined) {
        callback(handlerThrew())
        return
      }
      const name = stream
      streams.append({ stream: name, expected, events }).then((result) => {
        if (answers.pass(name, call, result)) answer(callback, name, expected, result)
      }, (error: unknown) => { callback(notWritten(error)) })
    })
    // What the transport makes of a call that breaks off is told by `cancelled`; nothing was written then.
    call.on('error', () => {})
  }
}

function answer (callback: sendUnaryData<Response>, stream: string, expected: Expected, result: AppendResult): void {
  switch (result.kind) {
    case 'written':
      callback(null, new streamsPb.AppendResp().setSuccess(success(result.revision, result.position)))
      break
    case 'conflict':
      callback(null, new streamsPb.AppendResp().setWrongExpectedVersion(wrongExpectedVersion(result.current, expected)))
      break
    default:
      callback(refusal(stream, result))
  }
}

/** The status for what an append was refused for, save a conflict. */
function refusal (stream: string, result: Exclude<AppendResult, { kind: 'written' | 'conflict' }>): ServiceError {
  switch (result.kind) {
    case 'deleted':
      return streamDeleted(stream)
    case 'append_too_large':
      return callError(status.INVALID_ARGUMENT, `Maximum Append Size of ${result.limit} Exceeded.`, {
        exception: 'maximum-append-size-exceeded',
        'maximum-append-size': String(result.limit)
      })
    case 'event_too_large':
      return callError(status.INVALID_ARGUMENT, `Event with Id: ${result.id}, Size: ${result.size}, exceeds Maximum Append Event Size of ${result.limit}.`, {
        exception: 'maximum-append-event-size-exceeded',
        'maximum-append-event-size': String(result.limit),
        'event-id': result.id,
        'proposed-append-event-size': String(result.size)
      })
  }
}

function success (revision: bigint, position: bigint): InstanceType<typeof streamsPb.AppendResp.Success> {
  const message = new streamsPb.AppendResp.Success()
  if (revision < 0n) message.setNoStream(new sharedPb.Empty())
  else message.setCurrentRevision(revision.toString())
  const text = position.toString()
  return message.setPosition(new streamsPb.AppendResp.Position().setCommitPosition(text).setPreparePosition(text))
}

function wrongExpectedVersion (current: bigint, expected: Expected): InstanceType<typeof streamsPb.AppendResp.WrongExpectedVersion> {
  const message = new streamsPb.AppendResp.WrongExpectedVersion()
  if (current < 0n) {
    message.setCurrentNoStream(new sharedPb.Empty())
    message.setNoStream2060(new sharedPb.Empty())
  } else {
    message.setCurrentRevision(current.toString())
    message.setCurrentRevision2060(Number(current))
  }
  switch (expected) {
    case 'any':
      message.setExpectedAny(new sharedPb.Empty())
      message.setAny2060(new sharedPb.Empty())
      break
    case 'stream_exists':
      message.setExpectedStreamExists(new sharedPb.Empty())
      message.setStreamExists2060(new sharedPb.Empty())
      break
    case 'no_stream':
      message.setExpectedNoStream(new sharedPb.Empty())
      break
    default:
      message.setExpectedRevision(expected.toString())
      message.setExpectedRevision2060(Number(expected))
  }
  return message
}
