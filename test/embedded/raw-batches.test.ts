import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { credentials } from '@grpc/grpc-js'
import durationPb from 'google-protobuf/google/protobuf/duration_pb.js'
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js'
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import streamsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'
import pb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import t, { type Test } from 'tap'
import { uuidText } from '../../lib/embedded/wire/uuid.js'
import { onRealServer, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { eventsOf, open, own } from './consumer.js'
import { streamOf } from './stream-kinds.js'

type Answer = InstanceType<typeof pb.BatchAppendResp>
const skip = onRealServer && 'the limits of a real server are its own'

type Options = InstanceType<typeof pb.BatchAppendReq.Options>

interface Part { id: string, stream?: string, more?: (options: Options) => unknown, events?: number, final?: boolean }

/** The BatchAppend call as generated, for requests that the official client does not make. */
function batches (t: Test, connectionString: string) {
  const raw = new streamsGrpc.StreamsClient(new URL(connectionString).host, credentials.createInsecure())
  const call = raw.batchAppend()
  const answers = new Map<string, Answer>()
  call.on('data', (answer: Answer) => { answers.set(uuidText(answer.getCorrelationId())!, answer) })
  call.on('error', () => {})
  t.teardown(() => {
    call.cancel()
    raw.close()
  })
  return {
    call,
    answers,
    send ({ id, stream, more, events = 1, final = true }: Part) {
      const request = new pb.BatchAppendReq().setCorrelationId(new shared.UUID().setString(id)).setIsFinal(final)
      if (stream !== undefined) {
        const options = new pb.BatchAppendReq.Options()
          .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream))).setAny(new emptyPb.Empty())
        more?.(options)
        request.setOptions(options)
      }
      request.setProposedMessagesList(Array.from({ length: events }, () => {
        const message = new pb.BatchAppendReq.ProposedMessage().setId(new shared.UUID().setString(randomUUID())).setData(Buffer.from('{}'))
        message.getMetadataMap().set('type', 'Raw').set('content-type', 'application/json')
        return message
      }))
      call.write(request)
    },
    /** The kind of error that a batch was answered with; empty for none. */
    async answer (id: string): Promise<string> {
      const answer = await until(() => answers.get(id))
      return answer.getError()?.getDetails()?.getTypeName() ?? ''
    }
  }
}

t.test('the parts of a batch are told apart by their correlation ids, and written together', async (t) => {
  const { connectionString, client } = await open(t)
  const [a, b, stray, one, two] = [uniqueType('a'), uniqueType('b'), randomUUID(), randomUUID(), randomUUID()]
  const { send, answer, answers } = batches(t, connectionString)
  send({ id: one, stream: a, final: false })
  send({ id: two, stream: b, final: false })
  send({ id: stray, events: 1 })
  send({ id: one, stream: b, events: 2, final: false })
  send({ id: two })
  t.equal(await answer(two), '')
  t.match(await eventsOf(client, a).catch((error: unknown) => error), { type: 'stream-not-found' }, 'nothing before the last part')
  send({ id: one })
  t.equal(await answer(one), '')
  t.equal(answers.get(one)?.getSuccess()?.getCurrentRevision(), '3')
  t.equal((await eventsOf(client, a)).length, 4, 'options that come again change nothing')
  t.equal((await eventsOf(client, b)).length, 2)
  t.notOk(answers.has(stray), 'parts that belong to nothing are dropped')
})

t.test('how long a batch may take to come', async (t) => {
  const { connectionString, client } = await open(t)
  const stream = uniqueType('late')
  const { send, answer, answers } = batches(t, connectionString)
  const [past, gone, slow, timely] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const duration = (nanos: number, seconds = 0) => (options: Options) => options.setDeadline(new durationPb.Duration().setSeconds(seconds).setNanos(nanos))
  send({ id: past, stream, more: (options) => options.setDeadline21100(timestampPb.Timestamp.fromDate(new Date(Date.now() - 60_000))) })
  t.match(await answer(past), /\.Timeout$/, 'a deadline that was over long ago: clocks that differ have that effect')
  send({ id: gone, stream, more: duration(0, -1) })
  t.match(await answer(gone), /\.Timeout$/)
  send({ id: slow, stream, more: duration(50_000_000), final: false })
  t.match(await answer(slow), /\.Timeout$/, 'the rest did not come in time')
  t.ok(answers.get(slow)?.getCorrelationId()?.hasStructured())
  send({ id: slow })
  send({ id: timely, stream, more: duration(0, 60) })
  t.equal(await answer(timely), '')
  t.equal((await eventsOf(client, stream)).length, 1, 'what comes after the answer is dropped')
})

t.test('what a batch is refused for', async (t) => {
  const { connectionString, client } = await open(t)
  const { send, answer } = batches(t, connectionString)
  const live = await streamOf(client, 'live')
  const refused = async (stream: string, more?: (options: Options) => unknown): Promise<string> => {
    const id = randomUUID()
    send({ id, stream, ...(more && { more }) })
    return (await answer(id)).replace('event_store.client.', '')
  }
  t.equal(await refused(live, (options) => options.setNoStream(new emptyPb.Empty())), 'WrongExpectedVersion')
  t.equal(await refused(await streamOf(client, 'tombstoned')), 'StreamDeleted')
  t.equal(await refused(''), 'BadRequest')
  t.equal(await refused(live, (options) => options.clearAny()), 'BadRequest')
  t.equal(await refused(live), '', 'and the call goes on')
})

t.test('a batch over a limit is refused while it comes, not when it is whole', { skip }, async (t) => {
  for (const [limits, detail] of [
    [{ maxAppendSize: 100 }, /\.MaximumAppendSizeExceeded$/],
    [{ maxAppendEventSize: 7 }, /\.MaximumAppendEventSizeExceeded$/]
  ] as const) {
    const { connectionString, client } = await own(t, limits)
    const { send, answer } = batches(t, connectionString)
    const [large, next] = [randomUUID(), randomUUID()]
    const stream = uniqueType('large')
    // An event counts eight bytes.
    send({ id: large, stream, events: 8, final: false })
    send({ id: large, events: 8, final: false })
    t.match(await answer(large), detail)
    send({ id: large })
    send({ id: next, stream: uniqueType('other'), events: 0 })
    t.equal(await answer(next), '', 'what still comes of it is dropped')
    t.match(await eventsOf(client, stream).catch((error: unknown) => error), { type: 'stream-not-found' })
  }
})

t.test('who half-closes gets its answers, and then the end', { skip: skip && 'a real server ends the call with the first answer behind the half-close' }, async (t) => {
  const { connectionString } = await open(t)
  const { call, send, answers } = batches(t, connectionString)
  const ids = Array.from({ length: 50 }, () => randomUUID())
  const stream = uniqueType('half')
  for (const id of ids) send({ id, stream })
  const ended = once(call, 'end')
  call.end()
  await ended
  t.same([...answers.keys()].sort(), ids.sort())
})
