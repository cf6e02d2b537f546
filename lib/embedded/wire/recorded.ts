import { sharedPb } from './protocol.js'

type StreamIdentifier = InstanceType<typeof sharedPb.StreamIdentifier>

export const JSON_CONTENT = 'application/json'
export const BINARY_CONTENT = 'application/octet-stream'

export function streamIdentifier (stream: string): StreamIdentifier {
  return new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream))
}

/** The stream's name; empty when there is none. */
export function streamName (identifier: StreamIdentifier | undefined): string {
  return identifier === undefined ? '' : Buffer.from(identifier.getStreamName_asU8()).toString('utf8')
}
