import { status, type sendUnaryData, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js'
import type { CategoryLinks } from '../links/index.js'
import { callError } from './errors.js'
import { projectionsGrpc, projectionsPb } from './protocol.js'
import type { WireService } from './service.js'

type Statistics = InstanceType<typeof projectionsPb.StatisticsResp>
type Details = InstanceType<typeof projectionsPb.StatisticsResp.Details>
type StatisticsCall = ServerWritableStream<InstanceType<typeof projectionsPb.StatisticsReq>, Statistics>
type EnableCall = ServerUnaryCall<InstanceType<typeof projectionsPb.EnableReq>, InstanceType<typeof projectionsPb.EnableResp>>
type DisableCall = ServerUnaryCall<InstanceType<typeof projectionsPb.DisableReq>, InstanceType<typeof projectionsPb.DisableResp>>

const BY_CATEGORY = '$by_category'

/** The service of projections, as far as `$by_category` goes: it can be looked at, enabled and disabled. */
export function projectionsService (links: CategoryLinks): WireService {
  return {
    definition: projectionsGrpc.ProjectionsService,
    handlers: {
      statistics: (call: StatisticsCall): void => {
        const options = call.request.getOptions()
        if (options?.hasName() === true && options.getName() !== BY_CATEGORY) {
          call.emit('error', notFound(options.getName()))
          return
        }
        if (options?.hasTransient() !== true && options?.hasOneTime() !== true) {
          call.write(new projectionsPb.StatisticsResp().setDetails(details(links)))
        }
        call.end()
      },
      enable: (call: EnableCall, callback: sendUnaryData<InstanceType<typeof projectionsPb.EnableResp>>): void => {
        const name = call.request.getOptions()?.getName()
        if (name !== BY_CATEGORY) {
          callback(notFound(name))
          return
        }
        links.enable()
        callback(null, new projectionsPb.EnableResp())
      },
      disable: (call: DisableCall, callback: sendUnaryData<InstanceType<typeof projectionsPb.DisableResp>>): void => {
        const name = call.request.getOptions()?.getName()
        if (name !== BY_CATEGORY) {
          callback(notFound(name))
          return
        }
        links.disable()
        callback(null, new projectionsPb.DisableResp())
      }
    }
  }
}

function notFound (name = ''): Error {
  return callError(status.NOT_FOUND, `Projection '${name}' not found`)
}

function details (links: CategoryLinks): Details {
  const position = links.position.toString()
  return new projectionsPb.StatisticsResp.Details()
    .setName(BY_CATEGORY)
    .setEffectivename(BY_CATEGORY)
    .setMode('Continuous')
    .setStatus(links.status)
    .setProgress(links.progress)
    .setPosition(`C:${position}/P:${position}`)
    .setLastcheckpoint(`C:${position}/P:${position}`)
    .setCoreprocessingtime('0')
    .setVersion('1')
    .setEpoch('1')
    .setEventsprocessedafterrestart('0')
    .setBufferedevents('0')
}
