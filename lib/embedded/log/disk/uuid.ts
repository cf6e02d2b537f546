export const UUID_BYTES = 16

/** Where the digits of each byte stand in the text of a UUID. */
const DIGITS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]

const VALUES = new Uint8Array(256)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  VALUES[digit.charCodeAt(0)] = value
  VALUES[digit.toUpperCase().charCodeAt(0)] = value
}

/** Writes a UUID as 16 bytes. */
export function writeUuid (text: string, into: Uint8Array, at: number): void {
  for (let i = 0; i < UUID_BYTES; i++) {
    const digit = DIGITS[i]!
    into[at + i] = VALUES[text.charCodeAt(digit)]! << 4 | VALUES[text.charCodeAt(digit + 1)]!
  }
}

/** The UUID that stands there, in lower case. */
export function uuidText (bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + UUID_BYTES)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
