import type { LogRecord } from '../log/record.js'
import { sharedPb } from './protocol.js'
import { uuidMessage } from './uuid.js'

type UUID = InstanceType<typeof sharedPb.UUID>
type StreamIdentifier = InstanceType<typeof sharedPb.StreamIdentifier>

/** What the recorded events of the stream service and of the persistent subscription service have in common. */
export interface RecordedMessage {
  setId (id: UUID): unknown
  setStreamIdentifier (identifier: StreamIdentifier): unknown
  setStreamRevision (revision: string): unknown
  setPreparePosition (position: string): unknown
  setCommitPosition (position: string): unknown
  getMetadataMap (): { set (key: string, value: string): unknown }
  setCustomMetadata (metadata: Uint8Array): unknown
  setData (data: Uint8Array): unknown
}

export const JSON_CONTENT = 'application/json'
export const BINARY_CONTENT = 'application/octet-stream'

/** A record as the wire shows it. */
export function recordedMessage<Message extends RecordedMessage> (message: Message, record: LogRecord, structuredIds = false): Message {
  const position = record.position.toString()
  message.setId(uuidMessage(record.id, structuredIds))
  message.setStreamIdentifier(streamIdentifier(record.stream))
  message.setStreamRevision(record.revision.toString())
  message.setPreparePosition(position)
  message.setCommitPosition(position)
  const properties = message.getMetadataMap()
  properties.set('type', record.type)
  properties.set('created', record.created.toString())
  properties.set('content-type', record.json ? JSON_CONTENT : BINARY_CONTENT)
  message.setCustomMetadata(record.metadata)
  message.setData(record.data)
  return message
}

export function streamIdentifier (stream: string): StreamIdentifier {
  return new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream))
}

/** The stream's name; empty when there is none. */
export function streamName (identifier: StreamIdentifier | undefined): string {
  return identifier === undefined ? '' : Buffer.from(identifier.getStreamName_asU8()).toString('utf8')
}
