import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { credentials, status, type ServiceError } from '@grpc/grpc-js'
import featuresGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js'
import featuresPb from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import operationsGrpc from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/operations_grpc_pb.js'
import t, { type Test } from 'tap'
import { onRealServer } from '../harness/store.js'
import { eventsOf, open, own, rejection } from './consumer.js'
import { events, streamOf } from './stream-kinds.js'

type Features = InstanceType<typeof featuresPb.SupportedMethods>

async function features (t: Test, connectionString: string): Promise<Features> {
  const raw = new featuresGrpc.ServerFeaturesClient(new URL(connectionString).host, credentials.createInsecure())
  t.teardown(() => { raw.close() })
  return await new Promise((resolve, reject) => {
    raw.getSupportedMethods(new shared.Empty(), (error: ServiceError | null, methods: Features) => {
      if (error === null) resolve(methods)
      else reject(error)
    })
  })
}

t.test('the version has three numbers, and what groups need is among the features', async (t) => {
  const { connectionString } = await open(t)
  const told = await features(t, connectionString)
  t.match(told.getEventStoreServerVersion(), /^\d+\.\d+\.\d+/)
  const found = new Map(told.getMethodsList().map((method) =>
    [`${method.getServiceName()}/${method.getMethodName()}`, method.getFeaturesList()]))
  t.ok(found.has('event_store.client.streams.streams/batchappend'))
  t.ok(found.get('event_store.client.persistent_subscriptions.persistentsubscriptions/create')?.includes('all'))
  t.ok([...found.keys()].every((name) => name === name.toLowerCase()))
})

t.test('a connection string with several hosts finds the leader', async (t) => {
  const { connectionString } = await open(t)
  const { host } = new URL(connectionString)
  for (const preference of ['leader', 'random', 'follower']) {
    const client = KurrentDBClient.connectionString(`kurrentdb://${host},${host}?tls=false&nodePreference=${preference}`)
    t.teardown(() => client.dispose())
    const stream = await streamOf(client, 'live')
    t.equal((await eventsOf(client, stream)).length, 3, preference)
  }
})

t.test('a connection string that wants discovery', async (t) => {
  const { connectionString } = await open(t)
  const client = KurrentDBClient.connectionString(`kurrentdb+discover://${new URL(connectionString).host}?tls=false`)
  t.teardown(() => client.dispose())
  await client.appendToStream(await streamOf(client, 'live'), events(1), { streamState: 2n })
})

t.test('credentials do no harm where there is no authentication', async (t) => {
  const { connectionString } = await open(t)
  const client = KurrentDBClient.connectionString(`kurrentdb://admin:changeit@${new URL(connectionString).host}?tls=false`)
  t.teardown(() => client.dispose())
  t.equal((await eventsOf(client, await streamOf(client, 'live'))).length, 3)
})

t.test('the port says to HTTP that the server lives', async (t) => {
  const { connectionString, client } = await open(t)
  const { host } = new URL(connectionString)
  t.equal((await fetch(`http://${host}/health/live`)).status, 204)
  t.equal((await fetch(`http://${host}/health/live?liveCode=204`)).status, 204)
  t.equal((await eventsOf(client, await streamOf(client, 'live'))).length, 3)
})

const skip = onRealServer && 'a real server can do this'

t.test('what the server does not do is said to be so', { skip }, async (t) => {
  const { connectionString, client } = await own(t)
  const { host } = new URL(connectionString)
  t.equal((await fetch(`http://${host}/streams/x`)).status, 404)
  t.match(await rejection(client.createProjection('mine', 'fromAll()')), { code: status.UNIMPLEMENTED })
  const raw = new operationsGrpc.OperationsClient(host, credentials.createInsecure())
  t.teardown(() => { raw.close() })
  const error = await new Promise<ServiceError | null>((resolve) => { raw.shutdown(new shared.Empty(), resolve) })
  t.equal(error?.code, status.UNIMPLEMENTED)
})
