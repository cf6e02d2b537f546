import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import type { Emulation } from '../emulation.js'
import { featuresGrpc, featuresPb } from './protocol.js'
import type { WireService } from './service.js'

const METHODS: ReadonlyArray<readonly [service: string, methods: ReadonlyArray<readonly [method: string, ...features: string[]]>]> = [
  ['event_store.client.streams.streams', [
    ['read', 'position', 'events'],
    ['append'],
    ['batchappend', 'deadline_duration'],
    ['delete'],
    ['tombstone']
  ]],
  ['event_store.client.persistent_subscriptions.persistentsubscriptions', [
    ['create', 'stream', 'all'],
    ['update', 'stream', 'all'],
    ['delete', 'stream', 'all'],
    ['read', 'stream', 'all'],
    ['getinfo', 'stream', 'all'],
    ['list', 'stream', 'all'],
    ['replayparked', 'stream', 'all'],
    ['restartsubsystem', 'stream', 'all']
  ]],
  ['event_store.client.projections.projections', [
    ['enable'],
    ['disable'],
    ['statistics']
  ]],
  ['event_store.client.gossip.gossip', [
    ['read']
  ]],
  ['event_store.client.server_features.serverfeatures', [
    ['getsupportedmethods']
  ]]
]

/** What only newer servers have. */
const SESSION_METHODS: typeof METHODS = [
  ['kurrentdb.protocol.v2.streams.streamsservice', [
    ['appendsession'],
    ['appendrecords']
  ]]
]

type Response = InstanceType<typeof featuresPb.SupportedMethods>

/** What the server can do, from which clients choose their ways. */
export function featuresService ({ serverVersion, hasSessions }: Emulation): WireService {
  const response = new featuresPb.SupportedMethods().setEventStoreServerVersion(serverVersion)
  for (const [service, methods] of hasSessions ? [...METHODS, ...SESSION_METHODS] : METHODS) {
    for (const [method, ...features] of methods) {
      response.addMethods(new featuresPb.SupportedMethod().setServiceName(service).setMethodName(method).setFeaturesList(features))
    }
  }
  return {
    definition: featuresGrpc.ServerFeaturesService,
    handlers: {
      getSupportedMethods: (_call: ServerUnaryCall<unknown, Response>, callback: sendUnaryData<Response>): void => {
        callback(null, response)
      }
    }
  }
}
