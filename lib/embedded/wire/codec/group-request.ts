import { persistentPb } from '../protocol.js'
import { readGenerated } from './generated.js'
import { FieldReader } from './reader.js'
import { readUuid } from './uuid.js'

/** What a consumer of a group sends: first how it wants to read, then what became of messages. */
export type GroupReadRequest =
  | { kind: 'options', options: InstanceType<typeof persistentPb.ReadReq.Options> }
  | Acknowledgement
  | { kind: 'unknown' }

/** Acks and nacks alike. */
export interface Acknowledgement {
  kind: 'ack' | 'nack'
  /** Missing when one of them is malformed. */
  ids: string[] | undefined
  /** As the enumeration counts; of a nack. */
  action: number
  reason: string
}

/**
 * Reads a ReadReq of the persistent subscription service. Acks come as often as messages go out.
 * @throws MalformedMessage
 */
export function readGroupRequest (bytes: Buffer, from = 0, to = bytes.length): GroupReadRequest {
  let request: GroupReadRequest = { kind: 'unknown' }
  const fields = new FieldReader(bytes, from, to)
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    switch (field) {
      case 1:
        request = { kind: 'options', options: readGenerated(persistentPb.ReadReq.Options, fields.bytes()) }
        break
      case 2:
        request = acknowledgement('ack', fields.message())
        break
      case 3:
        request = acknowledgement('nack', fields.message())
        break
      default:
        fields.skip()
    }
  }
  return request
}

function acknowledgement (kind: 'ack' | 'nack', fields: FieldReader): Acknowledgement {
  const ids: string[] = []
  let malformed = false
  let action = 0
  let reason = ''
  for (let field = fields.next(); field !== 0; field = fields.next()) {
    if (field === 2) {
      const end = fields.enter()
      const id = readUuid(fields)
      fields.leave(end)
      if (id === undefined) malformed = true
      else ids.push(id)
    } else if (field === 3 && kind === 'nack') {
      action = fields.number()
    } else if (field === 4 && kind === 'nack') {
      reason = fields.string()
    } else {
      fields.skip()
    }
  }
  return { kind, ids: malformed ? undefined : ids, action, reason }
}
