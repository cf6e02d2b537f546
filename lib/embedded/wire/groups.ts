import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import type { Groups } from '../groups/index.js'
import { ALL } from '../streams/index.js'
import { invalidArgument } from './errors.js'
import { groupStatus, infoMessage } from './group-answers.js'
import { GroupRead, groupReadMethod } from './group-read.js'
import type { GroupCall } from './group-read.js'
import { groupRequest, namedGroup, namedStream } from './group-requests.js'
import { persistentGrpc, persistentPb, sharedPb } from './protocol.js'
import type { WireService } from './service.js'

type Message<Class extends abstract new () => unknown> = InstanceType<Class>

/** The gRPC service of persistent subscriptions. */
export function groupsService (groups: Groups): WireService {
  const reads = new Set<GroupRead>()
  return {
    definition: { ...persistentGrpc.PersistentSubscriptionsService, read: groupReadMethod },
    handlers: {
      create: unary(async (request: Message<typeof persistentPb.CreateReq>) => {
        const { stream, group, settings, filter } = groupRequest(request.getOptions())
        await groups.create(stream, group, settings, filter)
        return new persistentPb.CreateResp()
      }),
      update: unary(async (request: Message<typeof persistentPb.UpdateReq>) => {
        const { stream, group, settings } = groupRequest(request.getOptions())
        await groups.update(stream, group, settings)
        return new persistentPb.UpdateResp()
      }),
      delete: unary(async (request: Message<typeof persistentPb.DeleteReq>) => {
        const { stream, group } = namedGroup(request.getOptions())
        await groups.delete(stream, group)
        return new persistentPb.DeleteResp()
      }),
      getInfo: unary((request: Message<typeof persistentPb.GetInfoReq>) => {
        const { stream, group } = namedGroup(request.getOptions())
        return new persistentPb.GetInfoResp().setSubscriptionInfo(infoMessage(groups.info(stream, group)))
      }),
      list: unary((request: Message<typeof persistentPb.ListReq>) =>
        new persistentPb.ListResp().setSubscriptionsList(listed(groups, request).map(infoMessage))),
      replayParked: unary((request: Message<typeof persistentPb.ReplayParkedReq>) => {
        const options = request.getOptions()
        const { stream, group } = namedGroup(options)
        groups.replayParked(stream, group, options?.hasStopAt() === true ? BigInt(options.getStopAt()) : undefined)
        return new persistentPb.ReplayParkedResp()
      }),
      restartSubsystem: unary(async () => {
        await groups.restart()
        return new sharedPb.Empty()
      }),
      read: (call: GroupCall) => {
        reads.add(new GroupRead(groups, call, (read) => { reads.delete(read) }))
      },
    },
    endCalls () {
      for (const read of [...reads]) read.drop()
    },
    breakOff () {
      for (const read of [...reads]) read.breakOff()
    },
  }
}

function listed (groups: Groups, request: Message<typeof persistentPb.ListReq>): ReturnType<Groups['listAll']> {
  const options = request.getOptions()
  if (options?.hasListAllSubscriptions() === true) return groups.listAll()
  const of = options?.getListForStream()
  if (of === undefined) throw invalidArgument('The request does not say what to list')
  return groups.list(of.hasAll() ? ALL : namedStream(of.getStream()))
}

function unary<Request, Response> (answer: (request: Request) => Response | Promise<Response>) {
  return (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void => {
    // The answer may throw at once; as a promise it only rejects.
    Promise.resolve(call.request).then(answer).then(
      (response) => { callback(null, response) },
      (error: unknown) => { callback(groupStatus(error)) }
    )
  }
}
