/** Longer texts are written quicker by the runtime. */
const SHORT = 64

/** Writes a text as UTF-8, and returns the bytes that it takes; what a call into the runtime costs is more than a few letters do. */
export function writeText (text: string, buffer: Buffer, at: number): number {
  return writeShort(text, buffer, at) ? text.length : buffer.write(text, at)
}

/** Writes a short text of ASCII, a byte for each letter. Of any other it may write a beginning, and returns false. */
export function writeShort (text: string, buffer: Uint8Array, at: number): boolean {
  const { length } = text
  if (length > SHORT) return false
  for (let i = 0; i < length; i++) {
    const letter = text.charCodeAt(i)
    if (letter > 0x7f) return false
    buffer[at + i] = letter
  }
  return true
}
