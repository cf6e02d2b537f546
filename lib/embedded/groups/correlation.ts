const PROPERTY = '$correlationId'

/** The whole of what usually comes: the property first, a string without escapes. */
const USUAL = /^\{"\$correlationId":"([ !#-[\]-\uffff]*)"/

/** One token of JSON after white space: a mark, a string, a literal or a number. */
const TOKEN = /[ \t\r\n]*(?:([{}[\]:,])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])))/y

const REST_IS_BLANK = /[ \t\r\n]*$/y

/** Metadata that has to be looked into is not JSON as far as it was read. */
export class UnreadableMetadata extends Error {
  constructor () {
    super('The metadata is not JSON')
    this.name = 'UnreadableMetadata'
  }
}

/**
 * The correlation id that the PinnedByCorrelation strategy goes by. The real server does not parse the metadata: it
 * reads token by token up to the first closing brace of any object, and takes the first property named
 * `$correlationId`, at any depth, that has a string for a value. What stands behind is neither seen nor checked.
 *
 * @returns nothing when there is none
 * @throws UnreadableMetadata when what was read is not JSON
 */
export function correlationId (metadata: Uint8Array): string | undefined {
  if (metadata.length === 0) return undefined
  const text = Buffer.from(metadata.buffer, metadata.byteOffset, metadata.byteLength).toString('utf8')
  return USUAL.exec(text)?.[1] ?? scan(text)
}

/** What the grammar lets come next. */
type Place = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'behind a value' | 'end'

function scan (text: string): string | undefined {
  const open: string[] = []
  let place: Place = 'value'
  let wanted = false
  TOKEN.lastIndex = 0
  for (;;) {
    if (place === 'end') {
      REST_IS_BLANK.lastIndex = TOKEN.lastIndex
      if (!REST_IS_BLANK.test(text)) throw new UnreadableMetadata()
      return undefined
    }
    const token = TOKEN.exec(text)
    if (token === null) throw new UnreadableMetadata()
    const [, mark, string] = token
    if (place === 'colon') {
      if (mark !== ':') throw new UnreadableMetadata()
      place = 'value'
    } else if (place === 'behind a value') {
      if (mark === '}' && open.at(-1) === '{') return undefined
      if (mark === ']' && open.at(-1) === '[') {
        open.pop()
        place = behind(open)
      } else if (mark === ',') {
        place = open.at(-1) === '{' ? 'key' : 'value'
      } else {
        throw new UnreadableMetadata()
      }
    } else if (place === 'key' || place === 'first key') {
      if (place === 'first key' && mark === '}') return undefined
      if (string === undefined) throw new UnreadableMetadata()
      wanted = JSON.parse(string) === PROPERTY
      place = 'colon'
    } else if (mark === '{') {
      open.push(mark)
      wanted = false
      place = 'first key'
    } else if (mark === '[') {
      open.push(mark)
      wanted = false
      place = 'first item'
    } else if (mark === ']' && place === 'first item') {
      open.pop()
      place = behind(open)
    } else if (mark !== undefined) {
      throw new UnreadableMetadata()
    } else {
      if (wanted && string !== undefined) return JSON.parse(string) as string
      wanted = false
      place = behind(open)
    }
  }
}

function behind (open: readonly string[]): Place {
  return open.length === 0 ? 'end' : 'behind a value'
}
