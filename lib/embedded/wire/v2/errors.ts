import { Metadata, status, type ServiceError } from '@grpc/grpc-js'
import protobuf from 'google-protobuf'
import anyPb from 'google-protobuf/google/protobuf/any_pb.js'
import { callError } from '../errors.js'

/** A message that says more of an error. */
interface Detail {
  serializeBinary (): Uint8Array
}

const DOMAIN = 'streams'
const ERRORS = 'kurrentdb.protocol.v2.streams.errors'

/**
 * An error of the second protocol: a status with details. The official client looks at the last detail, so the one that is
 * about the error stands there.
 * @param reason the error's name
 */
export function sessionError (code: status, message: string, reason: string, detail?: [name: string, message: Detail]): ServiceError {
  const details = [packed('google.rpc.ErrorInfo', errorInfo(reason))]
  if (detail !== undefined) details.push(packed(`${ERRORS}.${detail[0]}`, detail[1].serializeBinary()))
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', rpcStatus(code, message, details))
  return Object.assign(callError(code, message), { metadata })
}

export function invalidRequest (message: string): ServiceError {
  return sessionError(status.INVALID_ARGUMENT, message, 'INVALID_REQUEST')
}

function packed (name: string, bytes: Uint8Array): Uint8Array {
  const any = new anyPb.Any()
  any.pack(bytes, name)
  return any.serializeBinary()
}

/** The client ships no class for it, so it is written field by field. */
function errorInfo (reason: string): Uint8Array {
  const writer = new protobuf.BinaryWriter()
  writer.writeString(1, reason)
  writer.writeString(2, DOMAIN)
  return writer.getResultBuffer()
}

/** As `google.rpc.Status` with as many details as there are: the client's class knows one. */
function rpcStatus (code: status, message: string, details: readonly Uint8Array[]): Buffer {
  const writer = new protobuf.BinaryWriter()
  writer.writeInt32(1, code)
  writer.writeString(2, message)
  for (const detail of details) writer.writeBytes(3, detail)
  return Buffer.from(writer.getResultBuffer())
}
