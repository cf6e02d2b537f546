/** Longer texts are not kept. */
const LONGEST = 64

const PLACES = 64

/**
 * Texts that come again and again, as the names of properties, content types and types of events do. To compare their bytes takes less
 * than to make a string of them, and leaves nothing for the garbage collector.
 */
export class FamiliarTexts {
  readonly #bytes: Array<Uint8Array | undefined> = new Array(PLACES).fill(undefined)
  readonly #texts: string[] = new Array(PLACES).fill('')

  /** The text that stands in a buffer, as UTF-8. */
  read (buffer: Buffer, from: number, to: number): string {
    const length = to - from
    if (length === 0 || length > LONGEST) return buffer.toString('utf8', from, to)
    const place = (length + 31 * buffer[from]! + 7 * buffer[to - 1]!) % PLACES
    const known = this.#bytes[place]
    if (known !== undefined && isAt(known, buffer, from, length)) return this.#texts[place]!
    this.#bytes[place] = Uint8Array.prototype.slice.call(buffer, from, to)
    const text = buffer.toString('utf8', from, to)
    this.#texts[place] = text
    return text
  }
}

function isAt (known: Uint8Array, buffer: Buffer, from: number, length: number): boolean {
  if (known.length !== length) return false
  for (let i = 0; i < length; i++) if (known[i] !== buffer[from + i]) return false
  return true
}
