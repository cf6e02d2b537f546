import { sharedPb } from './protocol.js'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const NIL = '00000000-0000-0000-0000-000000000000'

/** The UUID of a message in lower case; nothing when there is none, it is malformed, or nil. */
export function uuidText (uuid: InstanceType<typeof sharedPb.UUID> | undefined): string | undefined {
  if (uuid === undefined) return undefined
  const structured = uuid.getStructured()
  const text = structured === undefined
    ? uuid.getString()
    : fromHalves(structured.getMostSignificantBits(), structured.getLeastSignificantBits())
  if (!FORM.test(text)) return undefined
  const lower = text.toLowerCase()
  return lower === NIL ? undefined : lower
}

/** A UUID as a message: its text, or two signed halves where the caller asked for that. */
export function uuidMessage (text: string, structured = false): InstanceType<typeof sharedPb.UUID> {
  const uuid = new sharedPb.UUID()
  if (!structured) return uuid.setString(text)
  const hex = text.replaceAll('-', '')
  const halves = new sharedPb.UUID.Structured()
  halves.setMostSignificantBits(BigInt.asIntN(64, BigInt(`0x${hex.slice(0, 16)}`)).toString())
  halves.setLeastSignificantBits(BigInt.asIntN(64, BigInt(`0x${hex.slice(16)}`)).toString())
  return uuid.setStructured(halves)
}

function fromHalves (most: string, least: string): string {
  const hex = [most, least].map((half) => BigInt.asUintN(64, BigInt(half)).toString(16).padStart(16, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
