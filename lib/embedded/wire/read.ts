import type { ServerWritableStream } from '@grpc/grpc-js'
import { CallWriter } from './call-writer.js'
import type { OpenCalls } from './calls.js'
import { readAll, readStream } from './pages.js'
import { parseRead, type ReadRequest, type ReadResponse } from './read-request.js'
import { streamsGrpc } from './protocol.js'
import { followAll, followStream, type Followed } from './subscription.js'
import { handlerThrew } from './errors.js'

/** The method, with events that are written without the generated classes. */
export const readMethod = {
  ...streamsGrpc.StreamsService.read,
  responseSerialize: serialize
}

function serialize (response: ReadResponse): Buffer {
  return response instanceof Uint8Array ? response : Buffer.from(response.serializeBinary())
}

/** Reads of a stream or of `$all`, once or followed for ever. */
export function readHandler (followed: Followed, open: OpenCalls) {
  return (call: ServerWritableStream<ReadRequest, ReadResponse>): void => {
    const writer = new CallWriter(call, serialize)
    open.add(call)
    serve(call.request, writer, followed).then(() => {
      writer.end()
    }, (error: unknown) => {
      if (writer.closed) return
      call.emit('error', error instanceof Error && 'code' in error ? error : handlerThrew())
    }).finally(() => { open.delete(call) })
  }
}

async function serve (message: ReadRequest, writer: CallWriter<ReadResponse>, followed: Followed): Promise<void> {
  const request = parseRead(message)
  switch (request.kind) {
    case 'stream': return await readStream(request, writer, followed.streams)
    case 'all': return await readAll(request, writer, followed.streams)
    case 'follow-stream': return await followStream(request, writer, followed)
    case 'follow-all': return await followAll(request, writer, followed)
  }
}
