/** A regular expression that is none, or has what cannot be said here. */
export class ExpressionError extends Error {}

/** What belongs to a word: letters, marks, decimal digits, connecting punctuation. */
const WORD = String.raw`\p{L}\p{Mn}\p{Nd}\p{Pc}`

/** Beside them what joins letters, at the edges of words. */
const EDGE = String.raw`[${WORD}\u200D\u200C]`

const END_OR_LAST_NEWLINE = String.raw`(?=\n?(?![^]))`

/** What escapes of .NET are in JavaScript, outside of a class of characters. */
const ESCAPES: Readonly<Record<string, string>> = {
  A: '(?<![^])',
  z: '(?![^])',
  Z: END_OR_LAST_NEWLINE,
  b: `(?:(?<=${EDGE})(?!${EDGE})|(?<!${EDGE})(?=${EDGE}))`,
  B: `(?:(?<=${EDGE})(?=${EDGE})|(?<!${EDGE})(?!${EDGE}))`,
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  a: String.raw`\x07`,
  e: String.raw`\x1B`
}

/** And within one; W would need a class in the class. */
const CLASS_ESCAPES: Readonly<Record<string, string>> = { w: WORD, d: ESCAPES['d']!, D: ESCAPES['D']!, a: ESCAPES['a']!, e: ESCAPES['e']! }

/** The escapes that both have, and mean the same by. */
const COMMON = /^\\(?:[fnrtvsS]|[1-9](?!\d)|0(?!\d)|x[\dA-Fa-f]{2}|u[\dA-Fa-f]{4}|c[A-Za-z]|[pP]\{\w+\}|k<[A-Za-z_]\w*>)/

/** What a group begins with that both have. */
const OPENING = /^\((?:\?(?::|=|!|<=|<!|<[A-Za-z_]\w*>)|(?!\?))/

/**
 * Compiles an expression of .NET, which filters are written in, as one of JavaScript. What the two write differently is translated;
 * what JavaScript cannot do is refused, for a filter that silently finds nothing is worse than none.
 * @throws ExpressionError
 */
export function compileExpression (expression: string): RegExp {
  const options = /^\(\?([imsn]+)\)/.exec(expression)
  const flags = options?.[1] ?? ''
  const body = expression.slice(options?.[0].length ?? 0)
  try {
    return new RegExp(translated(body, flags), `u${['i', 'm', 's'].filter((flag) => flags.includes(flag)).join('')}`)
  } catch (error) {
    const reason = error instanceof ExpressionError ? error.message : (error as Error).message.replace(/^.*: (?=[^:]*$)/, '')
    throw new ExpressionError(`The regular expression ${expression} cannot be used here: ${reason}`)
  }
}

function translated (body: string, flags: string): string {
  let out = ''
  for (let at = 0; at < body.length;) {
    const [taken, written] = next(body.slice(at), flags)
    out += written
    at += taken
  }
  return out
}

/** How many characters the next piece of an expression has, and how JavaScript writes it. */
function next (rest: string, flags: string): [taken: number, written: string] {
  switch (rest[0]) {
    case '\\': return escape(rest, ESCAPES)
    case '[': return characterClass(rest)
    case '(': return opening(rest)
    case '.': return [1, flags.includes('s') ? '.' : String.raw`[^\n]`]
    case '$': return [1, flags.includes('m') ? String.raw`(?=\n|(?![^]))` : END_OR_LAST_NEWLINE]
    case '^': return [1, flags.includes('m') ? String.raw`(?<=\n|(?<![^]))` : '^']
    case ']': case '}': return [1, `\\${rest[0]}`]
    case '{': {
      const count = /^\{\d+(?:,\d*)?\}/.exec(rest)
      return count === null ? [1, '\\{'] : [count[0].length, count[0]]
    }
    default: return [1, rest[0]!]
  }
}

function opening (rest: string): [taken: number, written: string] {
  const comment = /^\(\?#[^)]*\)/.exec(rest)
  if (comment !== null) return [comment[0].length, '(?:)']
  const quoted = /^\(\?'([A-Za-z_]\w*)'/.exec(rest)
  if (quoted !== null) return [quoted[0].length, `(?<${quoted[1]}>`]
  const common = OPENING.exec(rest)
  if (common === null) throw new ExpressionError(`${rest.slice(0, 4)} is not known here`)
  return [common[0].length, common[0]]
}

function escape (rest: string, known: Readonly<Record<string, string>>): [taken: number, written: string] {
  const letter = rest[1]
  if (letter === undefined) throw new ExpressionError('it ends with \\')
  if (known[letter] !== undefined) return [2, known[letter]]
  const common = COMMON.exec(rest)
  if (common !== null) return [common[0].length, common[0]]
  if (/\w/.test(letter)) throw new ExpressionError(`\\${letter} is not known here`)
  return [2, /[$^\\.*+?()[\]{}|/-]/.test(letter) ? literal(letter) : letter]
}

/** JavaScript knows no escape of `-` outside of a class; as a number it is the same everywhere. */
function literal (letter: string): string {
  return letter === '-' ? String.raw`\x2D` : `\\${letter}`
}

/** A class of characters, from its bracket on. */
function characterClass (rest: string): [taken: number, written: string] {
  let at = rest[1] === '^' ? 2 : 1
  let out = rest.slice(0, at)
  for (let first = true; rest[at] !== ']' || first; first = false) {
    if (rest[at] === undefined) throw new ExpressionError('a [ is not closed')
    if (rest.startsWith('-[', at)) throw new ExpressionError('classes cannot be taken from classes')
    const escaped = rest[at] === '\\'
    const [taken, written] = escaped ? inClass(rest.slice(at)) : [1, /[[\]]/.test(rest[at]!) ? `\\${rest[at]}` : rest[at]!]
    out += written
    at += taken
  }
  return [at + 1, `${out}]`]
}

function inClass (rest: string): [taken: number, written: string] {
  return rest[1] === 'b' ? [2, '\\b'] : escape(rest, CLASS_ESCAPES)
}
