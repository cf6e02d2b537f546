import { status, type sendUnaryData, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js'
import type { Projection, Projections } from '../projections/index.js'
import { callError, notWritten } from './errors.js'
import { projectionsGrpc, projectionsPb } from './protocol.js'
import type { WireService } from './service.js'

type Statistics = InstanceType<typeof projectionsPb.StatisticsResp>
type Details = InstanceType<typeof projectionsPb.StatisticsResp.Details>
type StatisticsCall = ServerWritableStream<InstanceType<typeof projectionsPb.StatisticsReq>, Statistics>
type EnableCall = ServerUnaryCall<InstanceType<typeof projectionsPb.EnableReq>, InstanceType<typeof projectionsPb.EnableResp>>
type DisableCall = ServerUnaryCall<InstanceType<typeof projectionsPb.DisableReq>, InstanceType<typeof projectionsPb.DisableResp>>

/** The service of projections, as far as the system's own go: they can be looked at, enabled and disabled. */
export function projectionsService (projections: Projections): WireService {
  return {
    definition: projectionsGrpc.ProjectionsService,
    handlers: {
      statistics: (call: StatisticsCall): void => {
        const options = call.request.getOptions()
        if (options?.hasName() === true) {
          const projection = projections.find(options.getName())
          if (projection === undefined) {
            call.emit('error', notFound(options.getName()))
            return
          }
          call.write(new projectionsPb.StatisticsResp().setDetails(details(projection)))
        } else if (options?.hasTransient() !== true && options?.hasOneTime() !== true) {
          for (const projection of projections.all) call.write(new projectionsPb.StatisticsResp().setDetails(details(projection)))
        }
        call.end()
      },
      enable: (call: EnableCall, callback: sendUnaryData<InstanceType<typeof projectionsPb.EnableResp>>): void => {
        change(call.request.getOptions()?.getName(), (projection) => projection.enable(), callback, new projectionsPb.EnableResp())
      },
      disable: (call: DisableCall, callback: sendUnaryData<InstanceType<typeof projectionsPb.DisableResp>>): void => {
        change(call.request.getOptions()?.getName(), (projection) => projection.disable(), callback, new projectionsPb.DisableResp())
      }
    }
  }

  function change<Response> (
    name: string | undefined, act: (projection: Projection) => Promise<void>, callback: sendUnaryData<Response>, response: Response
  ): void {
    const projection = projections.find(name ?? '')
    if (projection === undefined) callback(notFound(name))
    else act(projection).then(() => { callback(null, response) }, (error: unknown) => { callback(notWritten(error)) })
  }
}

function notFound (name = ''): Error {
  return callError(status.NOT_FOUND, `Projection '${name}' not found`)
}

function details (projection: Projection): Details {
  const position = projection.position.toString()
  return new projectionsPb.StatisticsResp.Details()
    .setName(projection.name)
    .setEffectivename(projection.name)
    .setMode('Continuous')
    .setStatus(projection.status)
    .setStatereason(projection.fault)
    .setProgress(projection.progress)
    .setPosition(`C:${position}/P:${position}`)
    .setLastcheckpoint(`C:${position}/P:${position}`)
    .setCoreprocessingtime('0')
    .setVersion('1')
    .setEpoch('1')
    .setEventsprocessedafterrestart(projection.processed.toString())
    .setBufferedevents('0')
}
