import { randomUUID } from 'node:crypto'
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import { ticksNow } from '../log/record.js'
import { gossipGrpc, gossipPb } from './protocol.js'
import type { WireService } from './service.js'
import { uuidMessage } from './uuid.js'

type Response = InstanceType<typeof gossipPb.ClusterInfo>

/**
 * Tells clients with several hosts in their connection string that there is one member, the leader: this server, under
 * the address at which they have just reached it.
 */
export function gossipService (address: () => { host: string, port: number }): WireService {
  const instance = randomUUID()
  return {
    definition: gossipGrpc.GossipService,
    handlers: {
      read: (call: ServerUnaryCall<unknown, Response>, callback: sendUnaryData<Response>): void => {
        const { host, port } = address()
        callback(null, new gossipPb.ClusterInfo().setMembersList([
          new gossipPb.MemberInfo()
            .setInstanceId(uuidMessage(instance))
            .setTimeStamp(ticksNow().toString())
            .setState(gossipPb.MemberInfo.VNodeState.LEADER)
            .setIsAlive(true)
            .setHttpEndPoint(new gossipPb.EndPoint().setAddress(reachedAt(call.getHost()) ?? host).setPort(port))
        ]))
      }
    }
  }
}

/** The host part of an authority. */
function reachedAt (authority: string): string | undefined {
  const host = /^(?:\[([0-9a-f:.]+)\]|([^:]+))(?::\d+)?$/i.exec(authority)
  return host?.[1] ?? host?.[2]
}
