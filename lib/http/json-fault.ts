const BLANK = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y // eslint-disable-line no-control-regex
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

type Expected = 'a value' | 'a value or ]' | 'a name in double quotes' | 'a name in double quotes or }' | ':' | ', or ]' | ', or }' | 'the end'

/** Where a text stops being JSON, and what would have to stand there. The parser of Node tells the place only sometimes. */
export function jsonFault (text: string): string {
  const { position, expected } = new Scan(text).run()
  const before = text.slice(0, position).split('\n')
  const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`
  return position === text.length ? `ends too early, at ${place}: expected ${expected}` : `is no JSON at ${place}: expected ${expected}`
}

class Scan {
  readonly #text: string
  /** What the position is in, from the outside to the inside. */
  readonly #within: Array<'[' | '{'> = []
  #position = 0
  #expected: Expected = 'a value'

  constructor (text: string) {
    this.#text = text
  }

  run (): { position: number, expected: Expected } {
    do this.#take(BLANK)
    while (this.#position < this.#text.length && this.#step())
    return { position: this.#position, expected: this.#expected }
  }

  #step (): boolean {
    switch (this.#expected) {
      case ', or ]':
        return this.#close(']') || this.#mark(',', 'a value')
      case ', or }':
        return this.#close('}') || this.#mark(',', 'a name in double quotes')
      case ':':
        return this.#mark(':', 'a value')
      case 'a name in double quotes or }':
        return this.#close('}') || this.#name()
      case 'a name in double quotes':
        return this.#name()
      case 'a value or ]':
        return this.#close(']') || this.#value()
      case 'a value':
        return this.#value()
      case 'the end':
        return false
    }
  }

  #value (): boolean {
    if (this.#open('[', 'a value or ]') || this.#open('{', 'a name in double quotes or }')) return true
    return (this.#take(STRING) || this.#take(SCALAR)) && this.#valueEnded()
  }

  #name (): boolean {
    if (!this.#take(STRING)) return false
    this.#expected = ':'
    return true
  }

  #open (bracket: '[' | '{', next: Expected): boolean {
    if (!this.#mark(bracket, next)) return false
    this.#within.push(bracket)
    return true
  }

  #close (bracket: ']' | '}'): boolean {
    if (this.#text[this.#position] !== bracket) return false
    this.#position++
    this.#within.pop()
    return this.#valueEnded()
  }

  #valueEnded (): boolean {
    const around = this.#within.at(-1)
    this.#expected = around === undefined ? 'the end' : around === '[' ? ', or ]' : ', or }'
    return true
  }

  #mark (mark: string, next: Expected): boolean {
    if (this.#text[this.#position] !== mark) return false
    this.#position++
    this.#expected = next
    return true
  }

  #take (token: RegExp): boolean {
    token.lastIndex = this.#position
    const found = token.test(this.#text)
    if (found) this.#position = token.lastIndex
    return found
  }
}
