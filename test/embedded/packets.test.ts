import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import pb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import t, { type Test } from 'tap'
import { readFrames } from '../../lib/embedded/wire/frame-reader.js'
import { FrameWriter } from '../../lib/embedded/wire/frame-writer.js'
import { onRealServer, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { open } from './consumer.js'

const PREFIX_BYTES = 5

const RESOURCE_EXHAUSTED = '8'
const UNKNOWN = '2'

/** The BatchAppend call over HTTP/2 as it is, so that a test says which bytes come together. */
function batches (t: Test, connectionString: string, headers: Record<string, string> = {}) {
  const session = connect(`http://${new URL(connectionString).host}`)
  t.teardown(() => { session.destroy() })
  const call = session.request({
    ':method': 'POST', ':path': '/event_store.client.streams.Streams/BatchAppend', 'content-type': 'application/grpc', te: 'trailers', ...headers
  })
  let received: Buffer = Buffer.alloc(0)
  call.on('data', (packet: Buffer) => { received = Buffer.concat([received, packet]) })
  call.on('error', () => {})
  const status = once(call, 'trailers').then(([trailers]) => (trailers as Record<string, string>)['grpc-status'])
  return { call, status, answered: (count: number) => until(() => answersIn(received).length >= count && answersIn(received)) }
}

/** Ids and revisions of the answers that have come in whole. */
function answersIn (bytes: Buffer): Array<[id: string, revision: string]> {
  const answers: Array<[string, string]> = []
  for (let at = 0; bytes.length - at >= PREFIX_BYTES;) {
    const end = at + PREFIX_BYTES + bytes.readUInt32BE(at + 1)
    if (end > bytes.length) break
    const answer = pb.BatchAppendResp.deserializeBinary(bytes.subarray(at + PREFIX_BYTES, end))
    answers.push([answer.getCorrelationId()!.getString(), answer.getSuccess()!.getCurrentRevision()])
    at = end
  }
  return answers
}

function batch (id: string, stream: string, bytes = 2): Buffer {
  const options = new pb.BatchAppendReq.Options()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream))).setAny(new emptyPb.Empty())
  const event = new pb.BatchAppendReq.ProposedMessage().setId(new shared.UUID().setString(randomUUID())).setData(Buffer.alloc(bytes, '1'))
  event.getMetadataMap().set('type', 'Raw').set('content-type', 'application/json')
  const request = new pb.BatchAppendReq().setCorrelationId(new shared.UUID().setString(id)).setOptions(options).setIsFinal(true)
  return Buffer.from(request.setProposedMessagesList([event]).serializeBinary())
}

function framed (message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix[0] = flag
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

t.test('messages are read whichever bytes come together', async (t) => {
  const { connectionString } = await open(t)
  const ids = Array.from({ length: 4 }, () => randomUUID())
  for (const size of [1, 2, 3, 4, 5, 6, 100, Infinity]) {
    const stream = uniqueType('packets')
    const bytes = Buffer.concat(ids.map((id) => framed(batch(id, stream))))
    const { call, answered, status } = batches(t, connectionString)
    for (let at = 0; at < bytes.length; at += size) {
      if (!call.write(bytes.subarray(at, Math.min(at + size, bytes.length)))) await once(call, 'drain')
      // Each goes out by itself.
      if (size < 100) await new Promise((resolve) => { setImmediate(resolve) })
    }
    t.same(await answered(ids.length), ids.map((id, revision) => [id, String(revision)]), `in pieces of ${size} bytes`)
    call.end()
    // A real server ends the call with the first answer behind the half-close, and without one never.
    if (!onRealServer) t.equal(await status, '0', 'who half-closes gets the end')
  }
})

t.test('a message in many packets', async (t) => {
  const { connectionString } = await open(t)
  const [large, small] = [randomUUID(), randomUUID()]
  const stream = uniqueType('packets')
  const { call, answered } = batches(t, connectionString)
  call.write(Buffer.concat([framed(batch(large, stream, 900_000)), framed(batch(small, stream))]))
  t.same(await answered(2), [[large, '0'], [small, '1']])
})

t.test('messages that are compressed', async (t) => {
  const { connectionString } = await open(t)
  const [plain, packed] = [randomUUID(), randomUUID()]
  const stream = uniqueType('packets')
  const { call, answered } = batches(t, connectionString, { 'grpc-encoding': 'gzip' })
  call.write(Buffer.concat([framed(batch(plain, stream)), framed(gzipSync(batch(packed, stream)), 1)]))
  t.same(await answered(2), [[plain, '0'], [packed, '1']])
})

t.test('what is no message, or too long a one, ends the call, and what came before it is answered', async (t) => {
  const { connectionString } = await open(t)
  const tooLong = Buffer.alloc(PREFIX_BYTES)
  tooLong.writeUInt32BE(17 * 1024 * 1024, 1)
  for (const [bytes, code] of [[framed(Buffer.from([0xff])), UNKNOWN], [tooLong, RESOURCE_EXHAUSTED]] as const) {
    const id = randomUUID()
    const stream = uniqueType('packets')
    const { call, answered, status } = batches(t, connectionString)
    call.write(framed(batch(id, stream)))
    t.same(await answered(1), [[id, '0']])
    call.write(Buffer.concat([bytes, framed(batch(randomUUID(), stream))]))
    t.equal(await status, code)
    const { call: next, answered: nextAnswered } = batches(t, connectionString)
    next.write(framed(batch(id, stream)))
    t.same(await nextAnswered(1), [[id, '1']], 'what came behind it is dropped')
  }
})

t.test('where the HTTP/2 stream is out of reach, the library reads and writes', async (t) => {
  const call = Object.assign(new PassThrough({ objectMode: true }), { cancelled: false, sendMetadata: () => {} })
  const taken: unknown[] = []
  readFrames(call, { maxBytes: 1, deserialize: () => { throw new Error('The library does that') }, take: (message: unknown) => { taken.push(message) } })
  const frames = new FrameWriter(call)
  t.equal(frames.write(Buffer.from('one')), true)
  t.equal(frames.write(Buffer.from('two')), true)
  frames.end()
  await once(call, 'end')
  t.same(taken.map(String), ['one', 'two'])
})
