import { randomUUID } from 'node:crypto'
import { credentials, status, type ServiceError } from '@grpc/grpc-js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import streamsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'
import pb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import t, { type Test } from 'tap'
import { onRealServer, uniqueType } from '../harness/store.js'
import { eventsOf, open, own } from './consumer.js'
import { events, streamOf } from './stream-kinds.js'

type Request = InstanceType<typeof pb.AppendReq>
type Answer = InstanceType<typeof pb.AppendResp>

const skip = onRealServer && 'the limits of a real server are its own'

/** The Append call as generated, for requests that the official client does not make. */
function appender (t: Test, connectionString: string) {
  const raw = new streamsGrpc.StreamsClient(new URL(connectionString).host, credentials.createInsecure())
  t.teardown(() => { raw.close() })
  return async (...requests: Request[]): Promise<{ answer?: Answer, error?: ServiceError }> => await new Promise((resolve) => {
    const call = raw.append((error: ServiceError | null, answer?: Answer) => {
      resolve({ ...(error !== null && { error }), ...(answer !== undefined && { answer }) })
    })
    call.on('error', () => {})
    for (const request of requests) call.write(request)
    call.end()
  })
}

function options (stream: string, expect: (options: InstanceType<typeof pb.AppendReq.Options>) => unknown = (options) => options.setAny(new shared.Empty())): Request {
  const made = new pb.AppendReq.Options().setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)))
  expect(made)
  return new pb.AppendReq().setOptions(made)
}

function proposed (properties: Record<string, string> = { type: 'Raw', 'content-type': 'application/json' }, data = '{}', id: string = randomUUID()): Request {
  const message = new pb.AppendReq.ProposedMessage().setId(new shared.UUID().setString(id)).setData(Buffer.from(data))
  for (const [key, value] of Object.entries(properties)) message.getMetadataMap().set(key, value)
  return new pb.AppendReq().setProposedMessage(message)
}

t.test('what an append cannot be', async (t) => {
  const { connectionString, client } = await open(t)
  const append = appender(t, connectionString)
  const stream = uniqueType('raw')
  t.equal((await append(proposed())).error?.code, status.UNKNOWN, 'events before options')
  t.equal((await append()).error?.code, status.UNKNOWN, 'nothing')
  t.equal((await append(options(stream), options(stream))).error?.code, status.UNKNOWN, 'options twice')
  t.equal((await append(options(stream, () => {}), proposed())).error?.code, status.INVALID_ARGUMENT, 'no expected revision')
  t.equal((await append(options(stream), proposed({ type: '', 'content-type': 'application/json' }))).error?.code, status.UNKNOWN, 'an empty type')
  t.equal((await append(options(stream), proposed(undefined, '{}', '00000000-0000-0000-0000-000000000000'))).error?.code, status.UNKNOWN, 'the nil id')
  for (const missing of ['type', 'content-type']) {
    const properties: Record<string, string> = { type: 'Raw', 'content-type': 'application/json' }
    delete properties[missing]
    const { error } = await append(options(stream), proposed(properties))
    t.equal(error?.code, status.INVALID_ARGUMENT, `no ${missing}`)
    t.same(error?.metadata.get('exception'), ['missing-required-metadata-property'])
    t.same(error?.metadata.get('required-metadata-properties'), ['type,content-type'])
  }
  t.match(await eventsOf(client, stream).catch((error: unknown) => error), { type: 'stream-not-found' }, 'nothing was written')
})

t.test('an append over a limit is refused while it comes, not when it has ended', { skip }, async (t) => {
  for (const [limits, size, exception] of [
    [{ maxAppendSize: 1024 }, 500, 'maximum-append-size-exceeded'],
    [{ maxAppendEventSize: 1024 }, 2000, 'maximum-append-event-size-exceeded']
  ] as const) {
    const { connectionString } = await own(t, limits)
    const raw = new streamsGrpc.StreamsClient(new URL(connectionString).host, credentials.createInsecure())
    t.teardown(() => { raw.close() })
    const error = await new Promise<ServiceError | null>((resolve) => {
      const call = raw.append(resolve)
      call.on('error', () => {})
      call.write(options(uniqueType('raw')))
      for (let i = 0; i < 3; i++) call.write(proposed(undefined, 'x'.repeat(size)))
    })
    t.same([error?.code, error?.metadata.get('exception')], [status.INVALID_ARGUMENT, [exception]])
  }
})

t.test('what is no JSON is not looked at; other content types are binary', async (t) => {
  const { connectionString, client } = await open(t)
  const append = appender(t, connectionString)
  const stream = uniqueType('raw')
  const { answer } = await append(options(stream), proposed(undefined, '{broken'), proposed({ type: 'Raw', 'content-type': 'text/plain' }, 'text'))
  t.equal(answer?.getSuccess()?.getCurrentRevision(), '1')
  const raw = new streamsGrpc.StreamsClient(new URL(connectionString).host, credentials.createInsecure())
  t.teardown(() => { raw.close() })
  const types: unknown[] = []
  const read = raw.read(new pb.ReadReq().setOptions(new pb.ReadReq.Options()
    .setStream(new pb.ReadReq.Options.StreamOptions().setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream))).setStart(new shared.Empty()))
    .setCount('10').setNoFilter(new shared.Empty()).setUuidOption(new pb.ReadReq.Options.UUIDOption().setString(new shared.Empty()))))
  for await (const response of read) {
    const event = (response as InstanceType<typeof pb.ReadResp>).getEvent()?.getEvent()
    if (event !== undefined) types.push(event.getMetadataMap().get('content-type'), Buffer.from(event.getData_asU8()).toString())
  }
  t.same(types, ['application/json', '{broken', 'application/octet-stream', 'text'])
  await client.tombstoneStream(stream)
})

t.test('an append without events: its checks and its answer', async (t) => {
  const { connectionString, client } = await open(t)
  const append = appender(t, connectionString)
  const live = await streamOf(client, 'live')
  const nothing = (await append(options(uniqueType('raw')))).answer?.getSuccess()
  t.ok(nothing?.hasNoStream() && nothing.hasPosition(), 'to a new stream')
  t.equal((await append(options(live))).answer?.getSuccess()?.getCurrentRevision(), '2')
  t.equal((await append(options(live, (options) => options.setRevision('2')))).answer?.getSuccess()?.getCurrentRevision(), '2')
  const conflict = (await append(options(live, (options) => options.setRevision('1')))).answer?.getWrongExpectedVersion()
  t.same([conflict?.getCurrentRevision(), conflict?.getExpectedRevision(), conflict?.getCurrentRevision2060()], ['2', '1', 2], 'never idempotent')
  const none = (await append(options(uniqueType('raw'), (options) => options.setStreamExists(new shared.Empty())))).answer?.getWrongExpectedVersion()
  t.ok(none?.hasCurrentNoStream() && none.hasExpectedStreamExists() && none.hasNoStream2060() && none.hasStreamExists2060())

  const deleted = await streamOf(client, 'soft-deleted')
  t.equal((await append(options(deleted))).answer?.getSuccess()?.getCurrentRevision(), '2')
  t.same(await eventsOf(client, deleted), [], 'a soft-deleted stream is back, and empty')
  const gone = (await append(options(await streamOf(client, 'tombstoned'), (options) => options.setRevision('2')))).error
  t.same([gone?.code, gone?.metadata.get('exception')], [status.FAILED_PRECONDITION, ['stream-deleted']])
})

t.test('a stream that was deleted by hand keeps the rest of its metadata when it comes back', async (t) => {
  const { connectionString, client } = await open(t)
  const append = appender(t, connectionString)
  const stream = await streamOf(client, 'live')
  // The official client cannot write this number: to JavaScript it is another one.
  const metadata = '{"owner":"Ann","$tb":9223372036854775807,"$maxCount":5}'
  const written = await append(options(`$$${stream}`), proposed({ type: '$metadata', 'content-type': 'application/json' }, metadata))
  t.ok(written.answer?.hasSuccess())
  t.match(await eventsOf(client, stream).catch((error: unknown) => error), { type: 'stream-not-found' })
  await client.appendToStream(stream, events(2))
  t.same((await eventsOf(client, stream)).map(({ event }) => event?.revision), [3n, 4n])
  t.same((await client.getStreamMetadata(stream)).metadata, { truncateBefore: 3, owner: 'Ann', maxCount: 5 })
})

t.test('one broken value, and all metadata counts as none', async (t) => {
  const { connectionString, client } = await open(t)
  const append = appender(t, connectionString)
  const properties = { type: '$metadata', 'content-type': 'application/json' }
  for (const broken of ['{"$maxCount":1,"$maxAge":"old"}', '{"$maxCount":1,"$acl":[]}', '{"$maxCount":1', '[]', '{"$maxCount":1,"$tb":9223372036854775808}',
    '{"$maxCount":1,"$acl":{"$r":5}}', '{"$maxCount":1,"$acl":{"$r":[1,2]}}', '{"$maxCount":1,"$acl":{"$r":["$all",1]}}', '{"$maxCount":1,"$acl":{"$r":null}}',
    '{"$maxCount":1,"$acl":{"$x":"$all"}}', '{"$maxCount":1,"$acl":null}', '{"$maxCount":1,"$cacheControl":"x"}', '{"$maxCount":1,"$tmp":1}', '{"$maxCount":1,"$maxAge":1000000000000}']) {
    const stream = await streamOf(client, 'live')
    await append(options(`$$${stream}`), proposed(properties, broken))
    t.equal((await eventsOf(client, stream)).length, 3, broken)
  }
  const stream = await streamOf(client, 'live')
  await append(options(`$$${stream}`), proposed({ type: '$metadata', 'content-type': 'application/octet-stream' }, '{"$maxCount":1}'))
  t.equal((await eventsOf(client, stream)).length, 3, 'not as JSON')
  await append(options(`$$${stream}`), proposed(properties, '{"$maxCount":1,"own":[1]}'))
  t.equal((await eventsOf(client, stream)).length, 1, 'sound')
  const acl = '"$acl":{"$r":"$all","$w":["$admins","ann"],"$d":[],"$mr":"$all","$mw":"$admins"}'
  await append(options(`$$${stream}`), proposed(properties, `{"$maxCount":2,${acl}}`))
  t.equal((await eventsOf(client, stream)).length, 2, 'with an ACL')
  for (const [metadata, seen] of [['{"$maxCount":0}', 3], ['{"$maxCount":1,"$tb":-1,"$maxAge":0}', 1]] as const) {
    await append(options(`$$${stream}`), proposed(properties, metadata))
    t.equal((await eventsOf(client, stream)).length, seen, 'a number that says nothing does not count')
  }
})
