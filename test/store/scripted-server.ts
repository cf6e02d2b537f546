import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js'
import type { sendUnaryData } from '@grpc/grpc-js'
import { PersistentSubscriptionsService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_grpc_pb.js'
import { ProjectionsService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/projectionmanagement_grpc_pb.js'
import { ServerFeaturesService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js'
import features from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js'
import type { SupportedMethods } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_pb.js'
import { StreamsService } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'

type Handlers = Record<string, (...call: never[]) => void>

export interface Script {
  streams?: Handlers
  groups?: Handlers
  projections?: Handlers
}

/** A server on the wire that answers as a script says: for answers that no store gives on request. What is not scripted is UNIMPLEMENTED. */
export async function openScriptedServer (t: { teardown (action: () => void): void }, { streams = {}, groups = {}, projections = {} }: Script): Promise<{ port: number, connectionString: string }> {
  const server = new Server()
  server.addService(ServerFeaturesService, {
    getSupportedMethods (_: unknown, answer: sendUnaryData<SupportedMethods>) {
      const supported = new features.SupportedMethods()
      supported.setEventStoreServerVersion('26.1.0')
      const method = new features.SupportedMethod()
      method.setServiceName('event_store.client.persistent_subscriptions.persistentsubscriptions')
      method.setMethodName('getinfo')
      method.setFeaturesList(['stream'])
      supported.addMethods(method)
      answer(null, supported)
    }
  })
  server.addService(StreamsService, streams as never)
  server.addService(PersistentSubscriptionsService, groups as never)
  server.addService(ProjectionsService, projections as never)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => error === null ? resolve(port) : reject(error))
  })
  t.teardown(() => server.forceShutdown())
  return { port, connectionString: `kurrentdb://127.0.0.1:${port}?tls=false` }
}

/** An error status as the server sends it: with the name of the exception, and what belongs to it, in the trailers. */
export function refusal (code: status, exception?: string, trailers: Record<string, string> = {}): Error {
  const metadata = new Metadata()
  if (exception !== undefined) metadata.set('exception', exception)
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value)
  return Object.assign(new Error(exception ?? status[code]), { code, details: exception ?? status[code], metadata })
}
