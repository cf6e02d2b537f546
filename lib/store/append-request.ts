import duration from 'google-protobuf/google/protobuf/duration_pb.js'
import empty from 'google-protobuf/google/protobuf/empty_pb.js'
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import type { BatchAppendReq } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import type { Expected, NewEvent } from './contract.js'
import { streamIdentifier, uuid } from './wire.js'

/** What one message of an append may hold, in bytes; the server takes 16 MiB, less 10,000 bytes. */
const messageBytes = 3 * 1024 * 1024
/** Above this a single event cannot reach the server: its message would end the call, and with it the appends of others. */
const eventBytes = 16 * 1024 * 1024 - 20_000

/** An append that cannot be sent. */
export class UnsendableAppend extends Error {
  readonly reason: 'too_large' | 'invalid'

  constructor (reason: 'too_large' | 'invalid', message: string) {
    super(message)
    this.name = 'UnsendableAppend'
    this.reason = reason
  }
}

/**
 * The messages of one append, split where the events are large; the server executes all of them as one.
 *
 * The deadline travels as a duration. As a point in time (what the official client sends) it would fail every append where
 * the clocks of client and server differ by more than the deadline.
 */
export function appendRequests (id: string, stream: string, expected: Expected, events: readonly NewEvent[], milliseconds: number): BatchAppendReq[] {
  if (stream === '') throw new UnsendableAppend('invalid', 'The stream has no name')
  if (events.length === 0) throw new UnsendableAppend('invalid', 'An append has at least one event')
  const requests: BatchAppendReq[] = []
  let messages: BatchAppendReq.ProposedMessage[] = []
  let bytes = 0
  const close = (final: boolean): void => {
    const request = new streams.BatchAppendReq()
    request.setCorrelationId(uuid(id))
    if (requests.length === 0) request.setOptions(appendOptions(stream, expected, milliseconds))
    request.setProposedMessagesList(messages)
    request.setIsFinal(final)
    requests.push(request)
    messages = []
    bytes = 0
  }
  for (const event of events) {
    const size = event.data.length + event.metadata.length + 3 * event.type.length + 100
    if (size > eventBytes) throw new UnsendableAppend('too_large', `An event of ${size} bytes is more than the server takes`)
    if (bytes > 0 && bytes + size > messageBytes) close(false)
    bytes += size
    messages.push(proposedMessage(event))
  }
  close(true)
  return requests
}

function proposedMessage (event: NewEvent): BatchAppendReq.ProposedMessage {
  const message = new streams.BatchAppendReq.ProposedMessage()
  message.setId(uuid(event.id))
  message.getMetadataMap().set('type', event.type).set('content-type', event.data.length === 0 ? 'application/octet-stream' : 'application/json')
  message.setData(event.data)
  message.setCustomMetadata(event.metadata)
  return message
}

function appendOptions (stream: string, expected: Expected, milliseconds: number): BatchAppendReq.Options {
  const options = new streams.BatchAppendReq.Options()
  options.setStreamIdentifier(streamIdentifier(stream))
  const limit = new duration.Duration()
  limit.setSeconds(Math.floor(milliseconds / 1000))
  limit.setNanos(Math.floor(milliseconds % 1000) * 1_000_000)
  options.setDeadline(limit)
  if (expected === 'any') options.setAny(new empty.Empty())
  else if (expected === 'no_stream') options.setNoStream(new empty.Empty())
  else options.setStreamPosition(expected.toString())
  return options
}
