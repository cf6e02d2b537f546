import { sharedPb } from './protocol.js'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const NIL = '00000000-0000-0000-0000-000000000000'

/** The UUID of a text in lower case; nothing when it is malformed or nil. */
export function parseUuid (text: string): string | undefined {
  // Most come in lower case, and two for each event.
  if (FORM.test(text)) return text === NIL ? undefined : text
  const lower = text.toLowerCase()
  return FORM.test(lower) ? lower : undefined
}

/** The UUID of a message in lower case; nothing when there is none, it is malformed, or nil. */
export function uuidText (uuid: InstanceType<typeof sharedPb.UUID> | undefined): string | undefined {
  if (uuid === undefined) return undefined
  const structured = uuid.getStructured()
  return parseUuid(structured === undefined
    ? uuid.getString()
    : halvesText(BigInt(structured.getMostSignificantBits()), BigInt(structured.getLeastSignificantBits())))
}

/** A UUID as a message. */
export function uuidMessage (text: string): InstanceType<typeof sharedPb.UUID> {
  return new sharedPb.UUID().setString(text)
}

/** The text of a UUID that came as two signed halves. */
export function halvesText (most: bigint, least: bigint): string {
  const hex = [most, least].map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** A UUID as two signed halves. */
export function textHalves (text: string): [most: bigint, least: bigint] {
  const hex = text.replaceAll('-', '')
  return [BigInt.asIntN(64, BigInt(`0x${hex.slice(0, 16)}`)), BigInt.asIntN(64, BigInt(`0x${hex.slice(16)}`))]
}
