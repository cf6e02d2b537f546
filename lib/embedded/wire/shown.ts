import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js'
import type { LogRecord } from '../log/record.js'
import type { Streams } from '../streams/index.js'
import { writeReadEvent } from './codec/read-event.js'
import { streamsPb } from './protocol.js'
import { streamIdentifier } from './recorded.js'
import type { ReadResponse, Shape } from './read-request.js'
import type { CallWriter } from './call-writer.js'

const { ReadResp } = streamsPb

/** Sends records the way that the reader wants to see them. */
export async function show (records: readonly LogRecord[], shape: Shape, writer: CallWriter<ReadResponse>, streams: Streams): Promise<void> {
  if (!shape.resolveLinks) {
    for (const event of records) {
      const full = writer.write(writeReadEvent({ event }, shape.structuredIds))
      if (full !== undefined) await full
    }
    return
  }
  for (let shown = 0; shown < records.length && !writer.closed;) {
    const page = await streams.resolveAll(shown === 0 ? records : records.slice(shown))
    for (const resolved of page) {
      const full = writer.write(writeReadEvent(resolved, shape.structuredIds))
      if (full !== undefined) await full
    }
    shown += page.length
  }
}

export function streamNotFound (stream: string): ReadResponse {
  return new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(stream)))
}

export function firstStreamPosition (revision: bigint): ReadResponse {
  return new ReadResp().setFirstStreamPosition(revision.toString())
}

export function lastStreamPosition (revision: bigint): ReadResponse {
  return new ReadResp().setLastStreamPosition(revision.toString())
}

export function confirmation (subscriptionId: string): ReadResponse {
  return new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId))
}

export function checkpoint (position: bigint): ReadResponse {
  const text = position.toString()
  return new ReadResp().setCheckpoint(
    new ReadResp.Checkpoint().setCommitPosition(text).setPreparePosition(text).setTimestamp(now()))
}

/** That everything was sent that was there. */
export function caughtUp (): ReadResponse {
  return new ReadResp().setCaughtUp(new ReadResp.CaughtUp())
}

/** Up to which revision of a stream; nothing for an empty one. */
export function streamCaughtUp (revision: bigint | undefined): ReadResponse {
  const message = new ReadResp.CaughtUp().setTimestamp(now())
  if (revision !== undefined) message.setStreamRevision(revision.toString())
  return new ReadResp().setCaughtUp(message)
}

/** Up to which position of the log; nothing for an empty one. */
export function allCaughtUp (position: bigint | undefined): ReadResponse {
  const message = new ReadResp.CaughtUp().setTimestamp(now())
  if (position !== undefined) {
    const text = position.toString()
    message.setPosition(new ReadResp.Position().setCommitPosition(text).setPreparePosition(text))
  }
  return new ReadResp().setCaughtUp(message)
}

function now (): InstanceType<typeof timestampPb.Timestamp> {
  return timestampPb.Timestamp.fromDate(new Date())
}
