import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { credentials, Metadata, status } from '@grpc/grpc-js'
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js'
import persistentGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_grpc_pb.js'
import pb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import type { Test } from 'tap'
import { until } from '../harness/until.js'
import { Consumer, numbered, open, rejection, settings, untilInfo } from './consumer.js'
import { isBefore } from './server-version.js'

type ReadReq = InstanceType<typeof pb.ReadReq>
type ReadResp = InstanceType<typeof pb.ReadResp>
type RawClient = InstanceType<typeof persistentGrpc.PersistentSubscriptionsClient>

/** The service as generated, for requests that the official client does not make. */
async function openRaw (t: Test): Promise<{ client: KurrentDBClient, raw: RawClient }> {
  const { client, connectionString } = await open(t)
  const raw = new persistentGrpc.PersistentSubscriptionsClient(new URL(connectionString).host, credentials.createInsecure())
  t.teardown(() => { raw.close() })
  return { client, raw }
}

function identifier (stream: string): InstanceType<typeof shared.StreamIdentifier> {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream))
}

/** A Read call after its first request. */
class RawRead {
  readonly answers: ReadResp[] = []
  readonly call: ClientDuplexStream<ReadReq, ReadResp>
  error: ServiceError | undefined

  constructor (t: Test, raw: RawClient, stream: string, { bufferSize = 10, structured = false, metadata = new Metadata() } = {}) {
    this.call = raw.read(metadata)
    this.call.on('data', (answer: ReadResp) => { this.answers.push(answer) })
    this.call.on('error', (error: ServiceError) => { this.error = error })
    t.teardown(() => { this.call.cancel() })
    const uuidOption = new pb.ReadReq.Options.UUIDOption()
    if (structured) uuidOption.setStructured(new shared.Empty())
    else uuidOption.setString(new shared.Empty())
    const options = new pb.ReadReq.Options()
    options.setStreamIdentifier(identifier(stream)).setGroupName('group').setBufferSize(bufferSize).setUuidOption(uuidOption)
    this.call.write(new pb.ReadReq().setOptions(options))
  }

  get events (): InstanceType<typeof pb.ReadResp.ReadEvent.RecordedEvent>[] {
    return this.answers.flatMap((answer) => answer.getEvent()?.getEvent() ?? [])
  }

  ack (...ids: (InstanceType<typeof shared.UUID> | undefined)[]): void {
    const ack = new pb.ReadReq.Ack()
    ack.setIdsList(ids.flatMap((id) => id ?? []))
    this.call.write(new pb.ReadReq().setAck(ack))
  }
}

function createSettings (): InstanceType<typeof pb.CreateReq.Settings> {
  return new pb.CreateReq.Settings().setReadBatchSize(20).setHistoryBufferSize(500).setLiveBufferSize(500)
}

async function create (raw: RawClient, options: InstanceType<typeof pb.CreateReq.Options>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    raw.create(new pb.CreateReq().setOptions(options), (error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}

t.test('a group is also made by the newer form of Create', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  const starts: Record<string, (options: InstanceType<typeof pb.CreateReq.StreamOptions>) => unknown> = {
    start: (options) => options.setStart(new shared.Empty()),
    end: (options) => options.setEnd(new shared.Empty()),
    revision: (options) => options.setRevision('12')
  }
  const told: unknown[] = []
  for (const [group, set] of Object.entries(starts)) {
    const streamOptions = new pb.CreateReq.StreamOptions().setStreamIdentifier(identifier(stream))
    set(streamOptions)
    const times = createSettings().setMessageTimeoutTicks('25000000').setCheckpointAfterTicks('10000000')
      .setNamedConsumerStrategy(pb.CreateReq.ConsumerStrategy.PINNED)
    await create(raw, new pb.CreateReq.Options().setStream(streamOptions).setGroupName(group).setSettings(times))
    const info = await client.getPersistentSubscriptionToStreamInfo(stream, group)
    told.push(info.settings.startFrom)
    t.match(info.settings, { messageTimeout: 2500, checkPointAfter: 1000, consumerStrategyName: 'Pinned' })
  }
  t.same(told, ['start', 'end', 12n])
})

t.test('a strategy that does not exist is refused', async (t) => {
  const { raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  const options = new pb.CreateReq.Options().setStreamIdentifier(identifier(stream)).setGroupName('group')
    .setSettings(createSettings().setConsumerStrategy('Odd'))
  const error = await rejection(create(raw, options)) as ServiceError
  t.equal(error.code, status.INTERNAL)
  t.match(error.metadata.getMap(), { exception: 'persistent-subscription-failed', 'stream-name': stream, 'group-name': 'group', reason: /Odd/ })
})

t.test('ids as two halves, asked for and sent', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  const [event] = numbered(1)
  await client.appendToStream(stream, event!)
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const read = new RawRead(t, raw, stream, { structured: true })
  await until(() => read.events.length === 1)
  t.equal(read.answers[0]?.getSubscriptionConfirmation()?.getSubscriptionId(), `${stream}::group`)
  const id = read.events[0]?.getId()
  const halves = [id?.getStructured()?.getMostSignificantBits(), id?.getStructured()?.getLeastSignificantBits()]
  t.equal(halves.map((half) => BigInt.asUintN(64, BigInt(half ?? '0')).toString(16).padStart(16, '0')).join(''), event!.id.replaceAll('-', ''))
  read.ack(id)
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 0)
})

t.test('a malformed ack ends the hearing of acks, and nothing else', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  await client.appendToStream(stream, numbered(2))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const read = new RawRead(t, raw, stream, { bufferSize: 4 })
  await until(() => read.events.length === 2)
  // An id that nobody knows is passed over.
  read.ack(new shared.UUID().setString(randomUUID()), read.events[0]?.getId())
  await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 1)
  read.ack(new shared.UUID().setString('no id'))
  read.ack(read.events[1]?.getId())
  await client.appendToStream(stream, numbered(5, 2))
  await until(() => read.events.length === 5)
  const { stats } = await untilInfo(client, stream, 'group', ({ stats }) => stats.readBufferCount === 2)
  t.equal(stats.totalInFlightMessages, 4)
  t.equal(read.error, undefined)
})

t.test('a nack of no known kind tries again', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  await client.appendToStream(stream, numbered(1))
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const read = new RawRead(t, raw, stream)
  await until(() => read.events.length === 1)
  const nack = new pb.ReadReq.Nack().setAction(pb.ReadReq.Nack.Action.UNKNOWN)
  nack.setIdsList([read.events[0]?.getId() as InstanceType<typeof shared.UUID>])
  read.call.write(new pb.ReadReq().setNack(nack))
  await until(() => read.events.length === 2)
  t.equal(read.answers[2]?.getEvent()?.getRetryCount(), 1)
})

t.test('a client that sends no more still gets events', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const read = new RawRead(t, raw, stream)
  await until(() => read.answers.length === 1)
  read.call.end()
  await client.appendToStream(stream, numbered(2))
  await until(() => read.events.length === 2)
  t.equal((await client.getPersistentSubscriptionToStreamInfo(stream, 'group')).connections.length, 1)
})

t.test('a consumer that wants to hold nothing gets nothing; less than nothing is refused', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const refused = new RawRead(t, raw, stream, { bufferSize: -1 })
  const [error] = await once(refused.call, 'error').catch((error: unknown) => [error]) as [ServiceError]
  t.equal(error.code, status.UNKNOWN)
  // Servers on .NET 8 refuse that, too.
  if (await isBefore(t, client, '26.1.0')) return
  const idle = new RawRead(t, raw, stream, { bufferSize: 0 })
  await until(() => idle.answers.length === 1)
  await client.appendToStream(stream, numbered(3))
  const consumer = await Consumer.join(t, client, stream, 'group')
  t.equal((await consumer.handle(3)).length, 3)
  t.equal(idle.events.length, 0)
  t.equal((await client.getPersistentSubscriptionToStreamInfo(stream, 'group')).connections.length, 2)
})

t.test('connections have the names that they give themselves', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ extraStatistics: true }))
  const metadata = new Metadata()
  metadata.set('connection-name', 'mine')
  for (const each of [metadata, new Metadata()]) {
    const read = new RawRead(t, raw, stream, { metadata: each })
    await until(() => read.answers.length === 1)
  }
  const { connections } = await untilInfo(client, stream, 'group', ({ connections }) => connections.length === 2)
  t.same(connections.map(({ connectionName }) => connectionName), ['mine', '<unknown>'])
  const consumer = await Consumer.join(t, client, stream, 'group')
  await client.appendToStream(stream, numbered(3))
  await consumer.handle(1)
  const measured = await untilInfo(client, stream, 'group', ({ connections }) => connections.some(({ extraStatistics }) => extraStatistics !== undefined))
  const statistics = measured.connections.find(({ extraStatistics }) => extraStatistics !== undefined)?.extraStatistics
  t.type(statistics?.get('highest'), 'bigint')
  t.ok((statistics?.get('highest') ?? -1n) >= (statistics?.get('fastest') ?? 0n))
})

t.test('a client that breaks off gives back what it holds at once', async (t) => {
  const { client, raw } = await openRaw(t)
  const stream = `wire-${randomUUID()}`
  await client.createPersistentSubscriptionToStream(stream, 'group', settings())
  const read = new RawRead(t, raw, stream)
  await client.appendToStream(stream, numbered(3))
  await until(() => read.events.length === 3)
  raw.close()
  read.call.cancel()
  const next = await Consumer.join(t, client, stream, 'group')
  t.same((await next.received(3)).map(({ retryCount }) => retryCount), [1, 1, 1])
})
