const USUAL_WIDTH = 80

/** Where a benchmark is: one line that changes on a terminal, plain lines elsewhere. On stderr, so that results stand alone on stdout. */
export class Progress {
  readonly #stream = process.stderr
  #shown = ''

  /** Whether there is a line that changes. */
  get changes (): boolean {
    return this.#stream.isTTY
  }

  /** Says what is being done now. */
  say (text: string): void {
    if (!this.#stream.isTTY) {
      this.#stream.write(`${text}\n`)
      return
    }
    this.#shown = text
    this.#draw()
  }

  /** Writes a line that stays. */
  note (line: string): void {
    this.#clear()
    this.#stream.write(`${line}\n`)
    this.#draw()
  }

  /** Takes the changing line away. */
  end (): void {
    this.#clear()
    this.#shown = ''
  }

  #draw (): void {
    if (!this.#stream.isTTY || this.#shown === '') return
    this.#clear()
    // A line that wraps could not be taken back. Some terminals do not tell their width.
    this.#stream.write(this.#shown.slice(0, (this.#stream.columns || USUAL_WIDTH) - 1))
  }

  #clear (): void {
    if (!this.#stream.isTTY) return
    this.#stream.cursorTo(0)
    this.#stream.clearLine(0)
  }
}
