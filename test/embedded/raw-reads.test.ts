import { once } from 'node:events'
import { credentials, status, type ServiceError } from '@grpc/grpc-js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import streamsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'
import pb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import t, { type Test } from 'tap'
import { eventsOf, open } from './consumer.js'
import { isBefore } from './server-version.js'
import { events, streamOf } from './stream-kinds.js'

type Options = InstanceType<typeof pb.ReadReq.Options>
type Answer = InstanceType<typeof pb.ReadResp>
type StreamOptions = InstanceType<typeof pb.ReadReq.Options.StreamOptions>

/** The service as generated, for requests that the official client does not make. */
function rawClient (t: Test, connectionString: string): InstanceType<typeof streamsGrpc.StreamsClient> {
  const raw = new streamsGrpc.StreamsClient(new URL(connectionString).host, credentials.createInsecure())
  t.teardown(() => { raw.close() })
  return raw
}

async function read (raw: InstanceType<typeof streamsGrpc.StreamsClient>, options: Options): Promise<{ answers: Answer[], error?: ServiceError }> {
  const answers: Answer[] = []
  const call = raw.read(new pb.ReadReq().setOptions(options))
  call.on('data', (answer: Answer) => { answers.push(answer) })
  try {
    await once(call, 'end')
    return { answers }
  } catch (error) {
    return { answers, error: error as ServiceError }
  }
}

function streamFrom (stream: string): StreamOptions {
  return new pb.ReadReq.Options.StreamOptions()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)))
}

function options (from: StreamOptions, { count = '100', compatibility = 1, backwards = false, structured = false } = {}): Options {
  const uuids = new pb.ReadReq.Options.UUIDOption()
  const made = new pb.ReadReq.Options()
    .setStream(from)
    .setCount(count)
    .setNoFilter(new shared.Empty())
    .setReadDirection(backwards ? 1 : 0)
    .setUuidOption(structured ? uuids.setStructured(new shared.Empty()) : uuids.setString(new shared.Empty()))
  return compatibility === 0 ? made : made.setControlOption(new pb.ReadReq.Options.ControlOption().setCompatibility(compatibility))
}

/** In short what came: revisions of events, and positions by their names. */
function told (answers: readonly Answer[]): unknown[] {
  return answers.map((answer) => {
    if (answer.hasEvent()) return Number(answer.getEvent()?.getEvent()?.getStreamRevision())
    if (answer.hasFirstStreamPosition()) return { first: answer.getFirstStreamPosition() }
    if (answer.hasLastStreamPosition()) return { last: answer.getLastStreamPosition() }
    return answer.toObject()
  })
}

t.test('who asks for it hears the last position, and the first where the read begins beyond it', async (t) => {
  const { client, connectionString } = await open(t)
  const raw = rawClient(t, connectionString)
  const stream = await streamOf(client, 'live')
  const start = streamFrom(stream).setStart(new shared.Empty())
  t.same(told((await read(raw, options(start))).answers), [0, 1, 2, { last: '2' }])
  t.same(told((await read(raw, options(start, { count: '2' }))).answers), [0, 1, { last: '2' }])
  t.same(told((await read(raw, options(start, { compatibility: 0 }))).answers), [0, 1, 2])
  t.same(told((await read(raw, options(streamFrom(stream).setEnd(new shared.Empty()), { backwards: true }))).answers), [2, 1, 0, { last: '2' }])
  t.same(told((await read(raw, options(streamFrom(stream).setRevision('9')))).answers), [{ first: '3' }, { last: '2' }])
  t.same(told((await read(raw, options(streamFrom(stream).setRevision('3')))).answers), [{ last: '2' }])

  t.same(told((await read(raw, options(start, { backwards: true }))).answers), [0, { last: '2' }])

  await client.setStreamMetadata(stream, { truncateBefore: 9 })
  t.same(told((await read(raw, options(start))).answers), [{ first: '3' }, { last: '2' }], 'a stream that reads empty has a last position')
})

t.test('an event is told with exactly three properties', async (t) => {
  const { client, connectionString } = await open(t)
  const raw = rawClient(t, connectionString)
  const stream = await streamOf(client, 'live')
  const { answers } = await read(raw, options(streamFrom(stream).setStart(new shared.Empty()), { count: '1' }))
  const recorded = answers[0]?.getEvent()?.getEvent()
  const properties = new Map(recorded?.getMetadataMap().toObject())
  t.same([...properties.keys()].sort(), ['content-type', 'created', 'type'])
  t.equal(properties.get('content-type'), 'application/json')
  t.match(properties.get('created'), /^\d{17}$/)
  t.equal(recorded?.getCommitPosition(), recorded?.getPreparePosition())
  t.equal(answers[0]?.getEvent()?.getCommitPosition(), recorded?.getCommitPosition())
})

t.test('ids as two numbers, for who wants them so', async (t) => {
  const { client, connectionString } = await open(t)
  const raw = rawClient(t, connectionString)
  const stream = await streamOf(client, 'new')
  await client.appendToStream(stream, events(3))
  const { answers } = await read(raw, options(streamFrom(stream).setStart(new shared.Empty()), { structured: true, compatibility: 0 }))
  const ids = answers.map((answer) => {
    const halves = answer.getEvent()?.getEvent()?.getId()?.getStructured()
    return [halves?.getMostSignificantBits(), halves?.getLeastSignificantBits()]
      .map((half) => BigInt.asUintN(64, BigInt(half ?? 0)).toString(16).padStart(16, '0')).join('')
  })
  t.same(ids, (await eventsOf(client, stream)).map(({ event }) => event?.id.replaceAll('-', '')))
})

t.test('requests that make no sense', async (t) => {
  const { client, connectionString } = await open(t)
  const raw = rawClient(t, connectionString)
  const from = streamFrom(await streamOf(client, 'live')).setStart(new shared.Empty())
  const attempt = async (wrong: Options): Promise<number | undefined> => (await read(raw, wrong)).error?.code

  const noUuids = options(from)
  noUuids.clearUuidOption()
  // A server as old as 23.10 never answers that.
  if (!await isBefore(t, client, '24.10.0')) t.equal(await attempt(noUuids), status.INVALID_ARGUMENT, 'ids in no form')
  const noCount = options(from)
  noCount.clearCount()
  t.equal(await attempt(noCount), status.INVALID_ARGUMENT, 'neither a count nor a subscription')
  const noStream = options(from)
  noStream.clearStream()
  t.equal(await attempt(noStream), status.INVALID_ARGUMENT, 'neither a stream nor all')
  const filtered = options(from)
  filtered.clearNoFilter()
  filtered.setFilter(new pb.ReadReq.Options.FilterOptions().setCheckpointintervalmultiplier(1))
  t.equal(await attempt(filtered), status.INVALID_ARGUMENT, 'a filter on one stream')
  const backwards = options(from, { backwards: true })
  backwards.clearCount()
  backwards.setSubscription(new pb.ReadReq.Options.SubscriptionOptions())
  t.equal(await attempt(backwards), status.INVALID_ARGUMENT, 'a subscription that goes backwards')
  t.equal(await attempt(options(from, { count: '0' })), status.UNKNOWN, 'a count of nothing')
  t.equal(await attempt(options(streamFrom('any').setRevision('9223372036854775808'))), status.UNKNOWN, 'a revision that cannot be')
  t.equal(await attempt(options(streamFrom('any').setEnd(new shared.Empty()))), status.UNKNOWN, 'forwards from the end')
  t.equal(await attempt(options(streamFrom('any'))), status.UNKNOWN, 'from nowhere')
})
