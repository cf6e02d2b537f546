import type { ServerDuplexStream, ServiceError } from '@grpc/grpc-js'
import { MESSAGE_LIMITS } from '../emulation.js'
import type { Connection, Groups, NackAction } from '../groups/index.js'
import { readGroupRequest } from './codec/group-request.js'
import type { Acknowledgement, GroupReadRequest } from './codec/group-request.js'
import { writeReadEvent } from './codec/read-event.js'
import { handlerThrew, invalidArgument } from './errors.js'
import { readFrames } from './frame-reader.js'
import { FrameWriter } from './frame-writer.js'
import { confirmation, dropped, groupStatus } from './group-answers.js'
import { namedGroup } from './group-requests.js'
import { breakOff } from './http2-stream.js'
import { persistentGrpc, persistentPb } from './protocol.js'

export type GroupCall = ServerDuplexStream<GroupReadRequest, Buffer>

/** The method, with acks and events that pass by without the generated classes. */
export const groupReadMethod = {
  ...persistentGrpc.PersistentSubscriptionsService.read,
  requestType: undefined,
  requestDeserialize: readGroupRequest,
  responseSerialize: (response: Buffer) => response,
}

const ACTIONS: Record<number, NackAction> = {
  [persistentPb.ReadReq.Nack.Action.UNKNOWN]: 'unknown',
  [persistentPb.ReadReq.Nack.Action.PARK]: 'park',
  [persistentPb.ReadReq.Nack.Action.RETRY]: 'retry',
  [persistentPb.ReadReq.Nack.Action.SKIP]: 'skip',
  [persistentPb.ReadReq.Nack.Action.STOP]: 'stop',
}

/** One Read call: a consumer, from its first request to its end. */
export class GroupRead {
  #groups: Groups
  #call: GroupCall
  #frames: FrameWriter
  #stream = ''
  #group = ''
  #connection: Connection | undefined
  /** A malformed ack ends, without a word, the server's listening to this call; events go on. */
  #deaf = false
  #over = false

  constructor (groups: Groups, call: GroupCall, onOver: (read: GroupRead) => void) {
    this.#groups = groups
    this.#call = call
    this.#frames = new FrameWriter(call)
    const over = (): void => {
      this.#end()
      onOver(this)
    }
    call.on('cancelled', over)
    call.on('close', over)
    call.on('error', over)
    readFrames(call, { maxBytes: MESSAGE_LIMITS.others, deserialize: readGroupRequest, take: (request) => { this.#take(request) } })
  }

  /** The group is gone, or the server stops. */
  drop (): void {
    this.#fail(dropped(this.#stream, this.#group))
  }

  breakOff (): void {
    breakOff(this.#call)
  }

  #take (request: GroupReadRequest): void {
    if (this.#over || this.#deaf) return
    if (this.#connection === undefined) this.#open(request)
    else if (request.kind === 'ack' || request.kind === 'nack') this.#answer(this.#connection, request)
    else this.#deaf = true
  }

  #open (request: GroupReadRequest): void {
    try {
      if (request.kind !== 'options') throw handlerThrew()
      const { options } = request
      const { stream, group } = namedGroup(options)
      const uuidOption = options.getUuidOption()
      if (uuidOption === undefined) throw invalidArgument('The request has no uuid option')
      const bufferSize = options.getBufferSize()
      if (bufferSize < 0) throw handlerThrew()
      const structuredIds = uuidOption.hasStructured()
      this.#stream = stream
      this.#group = group
      this.#connection = this.#groups.connect(stream, group, {
        bufferSize,
        connectionName: this.#call.metadata.get('connection-name')[0]?.toString() ?? '<unknown>',
        username: 'system',
        deliver: (message) => { this.#frames.write(writeReadEvent(message.resolved, structuredIds, message.retryCount)) },
        dropped: () => { this.drop() },
      })
      this.#frames.write(confirmation(stream, group).serializeBinary())
    } catch (error) {
      this.#fail(groupStatus(error))
    }
  }

  #answer (connection: Connection, request: Acknowledgement): void {
    const { kind, ids, action, reason } = request
    const meant = ACTIONS[action]
    if (ids === undefined || meant === undefined) this.#deaf = true
    else if (kind === 'nack') connection.nack(meant, reason, ids)
    else connection.ack(ids)
  }

  #fail (error: ServiceError): void {
    if (this.#over) return
    this.#end()
    this.#call.emit('error', error)
  }

  #end (): void {
    if (this.#over) return
    this.#over = true
    this.#connection?.close()
  }
}
