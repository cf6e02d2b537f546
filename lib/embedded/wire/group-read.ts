import type { ServerDuplexStream, ServiceError } from '@grpc/grpc-js'
import type { Connection, Groups, NackAction } from '../groups/index.js'
import { handlerThrew, invalidArgument } from './errors.js'
import { confirmation, delivery, dropped, groupStatus } from './group-answers.js'
import { namedGroup } from './group-requests.js'
import { persistentPb } from './protocol.js'
import type { sharedPb } from './protocol.js'
import { uuidText } from './uuid.js'

type ReadReq = InstanceType<typeof persistentPb.ReadReq>
type ReadResp = InstanceType<typeof persistentPb.ReadResp>
export type GroupCall = ServerDuplexStream<ReadReq, ReadResp>

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
  #stream = ''
  #group = ''
  #connection: Connection | undefined
  /** A malformed ack ends, without a word, the server's listening to this call; events go on. */
  #deaf = false
  #over = false

  constructor (groups: Groups, call: GroupCall, onOver: (read: GroupRead) => void) {
    this.#groups = groups
    this.#call = call
    const over = (): void => {
      this.#end()
      onOver(this)
    }
    call.on('data', (request: ReadReq) => { this.#take(request) })
    call.on('cancelled', over)
    call.on('close', over)
    call.on('error', over)
  }

  /** The group is gone, or the server stops. */
  drop (): void {
    this.#fail(dropped(this.#stream, this.#group))
  }

  #take (request: ReadReq): void {
    if (this.#over || this.#deaf) return
    if (this.#connection === undefined) this.#open(request)
    else this.#answer(this.#connection, request)
  }

  #open (request: ReadReq): void {
    try {
      const options = request.getOptions()
      if (options === undefined) throw handlerThrew()
      const { stream, group } = namedGroup(options)
      const uuidOption = options.getUuidOption()
      if (uuidOption === undefined) throw invalidArgument('The request has no uuid option')
      const bufferSize = options.getBufferSize()
      if (bufferSize < 1) throw handlerThrew()
      const structuredIds = uuidOption.hasStructured()
      this.#stream = stream
      this.#group = group
      this.#connection = this.#groups.connect(stream, group, {
        bufferSize,
        connectionName: this.#call.metadata.get('connection-name')[0]?.toString() ?? '<unknown>',
        username: 'anonymous',
        deliver: (message) => { this.#call.write(delivery(message, structuredIds)) },
        dropped: () => { this.drop() },
      })
      this.#call.write(confirmation(stream, group))
    } catch (error) {
      this.#fail(groupStatus(error))
    }
  }

  #answer (connection: Connection, request: ReadReq): void {
    const ack = request.getAck()
    const nack = request.getNack()
    const ids = acknowledged((ack ?? nack)?.getIdsList())
    const action = nack === undefined ? undefined : ACTIONS[nack.getAction()]
    if (ids === undefined || (nack !== undefined && action === undefined)) {
      this.#deaf = true
    } else if (nack !== undefined && action !== undefined) {
      connection.nack(action, nack.getReason(), ids)
    } else {
      connection.ack(ids)
    }
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

/** The ids of an ack; nothing when it is none, or one of them is malformed. */
function acknowledged (uuids: readonly InstanceType<typeof sharedPb.UUID>[] | undefined): string[] | undefined {
  const ids: string[] = []
  for (const uuid of uuids ?? []) {
    const id = uuidText(uuid)
    if (id === undefined) return undefined
    ids.push(id)
  }
  return uuids === undefined ? undefined : ids
}
