import { status, type ServiceError } from '@grpc/grpc-js'
import { ALL, MAX_RECORD_SIZE, sizeOf, type NewRecord } from '../streams/index.js'
import { callError } from './errors.js'
import type { sharedPb } from './protocol.js'
import { JSON_CONTENT } from './recorded.js'
import { uuidText } from './uuid.js'

/** What the proposed messages of both kinds of append have in common. */
interface ProposedMessage {
  getId (): InstanceType<typeof sharedPb.UUID> | undefined
  getMetadataMap (): { get (key: string): string | undefined }
  getCustomMetadata_asU8 (): Uint8Array
  getData_asU8 (): Uint8Array
}

/** An event that cannot be stored, with the status that the Append call ends with. */
export class InvalidEvent extends Error {
  readonly status: ServiceError

  constructor (message: string, error: ServiceError) {
    super(message)
    this.status = error
  }
}

/** @throws {InvalidEvent} when the id is no UUID or nil, or the type or content type is missing */
export function newRecord (message: ProposedMessage): NewRecord {
  const properties = message.getMetadataMap()
  const event = proposedEvent(uuidText(message.getId()), properties.get('type'), properties.get('content-type'),
    message.getData_asU8(), message.getCustomMetadata_asU8())
  if (event instanceof InvalidEvent) throw event
  return event
}

/** The event that a client proposes, or what is wrong with it. */
export function proposedEvent (
  id: string | undefined,
  type: string | undefined,
  contentType: string | undefined,
  data: Uint8Array,
  metadata: Uint8Array
): NewRecord | InvalidEvent {
  if (type === undefined || contentType === undefined) return missing(type === undefined ? 'type' : 'content-type')
  if (id === undefined) return thrown('Empty or malformed event id')
  if (type === '') return thrown('Empty event type')
  const event = { id, type, json: contentType === JSON_CONTENT, data, metadata }
  return sizeOf(event) > MAX_RECORD_SIZE ? thrown('Record is too big') : event
}

function missing (property: string): InvalidEvent {
  const message = `Required Metadata Property '${property}' is missing`
  return new InvalidEvent(message, callError(status.INVALID_ARGUMENT, message, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type'
  }))
}

function thrown (message: string): InvalidEvent {
  return new InvalidEvent(message, callError(status.UNKNOWN, `Exception was thrown by handler. ${message}`))
}

/** Why nothing can be written to a stream of that name. */
export function unwritable (stream: string): string | undefined {
  if (stream === '') return 'The stream has no name'
  if (stream === '$$') return 'The stream name $$ names no stream'
  if (stream === ALL) return '$all is read, not written to'
  return undefined
}
