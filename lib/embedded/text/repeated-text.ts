/** A text that is often the one that was read before it, as the stream's name is in the records of a stream. */
export class RepeatedText {
  /** Where the text was read that is remembered; its bytes stay what they are. */
  #buffer: Buffer | undefined
  #from = 0
  #length = 0
  #text = ''

  /** The text that stands in a buffer, as UTF-8. The bytes must not change any more. */
  read (buffer: Buffer, from: number, to: number): string {
    if (to - from === this.#length && this.#isAt(buffer, from)) return this.#text
    this.#buffer = buffer
    this.#from = from
    this.#length = to - from
    this.#text = buffer.toString('utf8', from, to)
    return this.#text
  }

  #isAt (buffer: Buffer, from: number): boolean {
    const known = this.#buffer
    if (known === undefined) return this.#length === 0
    if (known === buffer && this.#from === from) return true
    // Names of streams differ at their ends.
    for (let i = this.#length - 1; i >= 0; i--) if (known[this.#from + i] !== buffer[from + i]) return false
    return true
  }
}
