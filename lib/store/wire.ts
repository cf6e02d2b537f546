import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import type { StreamIdentifier, UUID } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import type { RecordedEvent } from './contract.js'

/** What the recorded events of the two services, stream reads and persistent subscriptions, have in common. */
export interface WireEvent {
  getId (): UUID | undefined
  getStreamIdentifier (): StreamIdentifier | undefined
  getStreamRevision (): string
  getMetadataMap (): { get (key: string): string | undefined }
  getCustomMetadata_asU8 (): Uint8Array
  getData_asU8 (): Uint8Array
}

export function uuid (text: string): UUID {
  const id = new shared.UUID()
  id.setString(text)
  return id
}

/** An id as text, also where the server answers it as two halves. */
export function uuidText (id: UUID | undefined): string {
  const halves = id?.getStructured()
  if (halves === undefined) return id?.getString() ?? ''
  const hex = half(halves.getMostSignificantBits()) + half(halves.getLeastSignificantBits())
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function half (bits: string): string {
  return BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0')
}

export function streamIdentifier (stream: string): StreamIdentifier {
  const identifier = new shared.StreamIdentifier()
  identifier.setStreamName(Buffer.from(stream, 'utf8'))
  return identifier
}

export function recordedEvent (event: WireEvent): RecordedEvent {
  const properties = event.getMetadataMap()
  return {
    stream: Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()).toString('utf8'),
    revision: BigInt(event.getStreamRevision()),
    id: uuidText(event.getId()),
    type: properties.get('type') ?? '',
    created: milliseconds(properties.get('created')),
    json: properties.get('content-type') === 'application/json',
    data: event.getData_asU8(),
    metadata: event.getCustomMetadata_asU8()
  }
}

// The server counts units of 100 ns since 1970: more digits than a number holds, so the last four are cut off as text.
function milliseconds (ticks: string | undefined): number {
  return ticks === undefined ? 0 : Number(ticks.slice(0, -4))
}
