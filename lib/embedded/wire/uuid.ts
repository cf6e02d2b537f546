import { sharedPb } from './protocol.js'

const NIL = '00000000-0000-0000-0000-000000000000'

/** Kinds of letters in a UUID. */
const DIGIT = 1
const DASH = 2

/** The kind of each letter, by its code, and the kind that stands at each place: cheaper than an expression, and each event and each ack has one. */
const KINDS = new Uint8Array(256)
for (const letter of '0123456789abcdef') KINDS[letter.charCodeAt(0)] = DIGIT
KINDS['-'.charCodeAt(0)] = DASH
const PLACES = Uint8Array.from(NIL, (letter) => KINDS[letter.charCodeAt(0)]!)

/** The UUID that stands as text in a buffer, in lower case; nothing when it is malformed or nil. */
export function uuidAt (buffer: Buffer, from: number, to: number): string | undefined {
  return parseUuid(buffer.toString('latin1', from, to))
}

/** The UUID of a text in lower case; nothing when it is malformed or nil. */
export function parseUuid (text: string): string | undefined {
  // Most come in lower case.
  if (isLowerUuid(text)) return text === NIL ? undefined : text
  const lower = text.toLowerCase()
  return isLowerUuid(lower) ? lower : undefined
}

function isLowerUuid (text: string): boolean {
  if (text.length !== NIL.length) return false
  for (let i = 0; i < NIL.length; i++) if (KINDS[text.charCodeAt(i)] !== PLACES[i]) return false
  return true
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

/** A UUID as a message of two numbers. */
export function halvesMessage (text: string): InstanceType<typeof sharedPb.UUID> {
  const [most, least] = textHalves(text)
  return new sharedPb.UUID().setStructured(new sharedPb.UUID.Structured().setMostSignificantBits(String(most)).setLeastSignificantBits(String(least)))
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
