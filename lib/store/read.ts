import type { ClientReadableStream } from '@grpc/grpc-js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import { StreamsClient } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import type { ReadReq, ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import type { Connection } from './connection.js'
import type { ReadOptions, ReadPage, ResolvedEvent } from './contract.js'
import { exceptionOf, faultOf, timeoutFault, unavailable } from './faults.js'
import { recordedEvent, streamIdentifier } from './wire.js'

/**
 * Reads a page of a stream by the generated service, on the client's own channel: the official client's readStream goes by a
 * connection of its own, takes some 40 ms for a read that comes alone, and does not know a time limit.
 *
 * @throws UNISTREAM_STORE_UNAVAILABLE for whatever keeps the store from answering; its cause says what to do
 */
export async function readPage (connection: Connection, stream: string, options: ReadOptions): Promise<ReadPage> {
  const doing = `Reading stream ${stream}`
  try {
    return await readWithin(connection, readRequest(stream, options), doing)
  } catch (error) {
    if (exceptionOf(error) === 'stream-deleted') return { kind: 'deleted' }
    throw unavailable(faultOf(error, doing))
  }
}

function readWithin (connection: Connection, request: ReadReq, doing: string): Promise<ReadPage> {
  return new Promise((resolve, reject) => {
    const since = performance.now()
    const events: ResolvedEvent[] = []
    let head: bigint | undefined
    let found = true
    let client: StreamsClient | undefined
    let call: ClientReadableStream<ReadResp> | undefined
    let over = false
    const finish = (): void => {
      over = true
      clearTimeout(timer)
    }
    const fail = (error: unknown): void => {
      finish()
      reject(error)
    }
    const timer = setTimeout(() => {
      fail(timeoutFault(doing, connection.limit))
      call?.cancel()
      if (client !== undefined) connection.overdue(client, since)
    }, connection.limit)

    const receive = (response: ReadResp): void => {
      connection.hear()
      const event = response.getEvent()
      if (event !== undefined) events.push(resolvedEvent(event))
      else if (response.hasLastStreamPosition()) head = BigInt(response.getLastStreamPosition())
      else if (response.hasStreamNotFound()) found = false
    }
    const begin = (service: StreamsClient): void => {
      if (over) return
      client = service
      // The server is told a little more than the limit: the timer above rules, so that whoever hangs is dealt with alike.
      call = service.read(request, ...connection.callArguments(connection.limit + 1000))
      call.on('data', receive)
      call.on('error', (error: Error) => {
        connection.failed(service, error)
        fail(error)
      })
      call.on('end', () => {
        finish()
        resolve(found ? { kind: 'page', events, head } : { kind: 'no_stream' })
      })
    }
    connection.service(StreamsClient, doing).then(begin).catch(fail)
  })
}

function readRequest (stream: string, { direction, from, count, resolveLinks = false }: ReadOptions): ReadReq {
  const position = new streams.ReadReq.Options.StreamOptions()
  position.setStreamIdentifier(streamIdentifier(stream))
  if (from === 'start') position.setStart(new shared.Empty())
  else if (from === 'end') position.setEnd(new shared.Empty())
  else position.setRevision(from.toString())

  const ids = new streams.ReadReq.Options.UUIDOption()
  ids.setString(new shared.Empty())
  // From 1 on the server says which the stream's last revision is.
  const control = new streams.ReadReq.Options.ControlOption()
  control.setCompatibility(1)

  const { FORWARDS, BACKWARDS } = streams.ReadReq.Options.ReadDirection
  const options = new streams.ReadReq.Options()
  options.setStream(position)
  options.setReadDirection(direction === 'forwards' ? FORWARDS : BACKWARDS)
  options.setResolveLinks(resolveLinks)
  options.setCount(count.toString())
  options.setNoFilter(new shared.Empty())
  options.setUuidOption(ids)
  options.setControlOption(control)
  const request = new streams.ReadReq()
  request.setOptions(options)
  return request
}

function resolvedEvent (read: ReadResp.ReadEvent): ResolvedEvent {
  const resolved: ResolvedEvent = {}
  const event = read.getEvent()
  const link = read.getLink()
  if (event !== undefined) resolved.event = recordedEvent(event)
  if (link !== undefined) resolved.link = recordedEvent(link)
  return resolved
}
