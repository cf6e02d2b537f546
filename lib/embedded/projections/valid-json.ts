import type { LogRecord } from '../log/record.js'

/** How deep arrays and objects may stand in each other, as for the real server. */
const DEEPEST = 64

/**
 * Whether an event's data is what its content type says. The real server's projections pass over JSON that is none, and
 * no data at all is none.
 */
export function saysWhatItIs ({ json, data }: Pick<LogRecord, 'json' | 'data'>): boolean {
  return !json || (data.length > 0 && (isJson(data) || isJson(withoutForgiven(data))))
}

/** Each event of each projection is asked, and to parse it would cost more than its link: so the bytes are only passed over. */
function isJson (bytes: Uint8Array): boolean {
  const end = value(bytes, 0, 0)
  return end > 0 && blank(bytes, end) === bytes.length
}

const BLANK = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const SLASH = 0x2f
const STAR = 0x2a
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const ESCAPED = new Set(Buffer.from('"\\/bfnrt'))
const HEX_DIGITS = new Set(Buffer.from('0123456789abcdefABCDEF'))
const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word))

/** Where the value ends that begins here, behind blanks; -1 where none does. So do those that follow. */
function value (bytes: Uint8Array, from: number, depth: number): number {
  const at = blank(bytes, from)
  switch (bytes[at]) {
    case QUOTE: return text(bytes, at)
    case OPENING_BRACE: return depth < DEEPEST ? members(bytes, at + 1, depth + 1, CLOSING_BRACE) : -1
    case OPENING_BRACKET: return depth < DEEPEST ? members(bytes, at + 1, depth + 1, CLOSING_BRACKET) : -1
    default: return number(bytes, at) ?? word(bytes, at)
  }
}

function members (bytes: Uint8Array, from: number, depth: number, closing: number): number {
  let at = blank(bytes, from)
  if (bytes[at] === closing) return at + 1
  for (;;) {
    if (closing === CLOSING_BRACE) {
      at = blank(bytes, at)
      if (bytes[at] !== QUOTE) return -1
      at = text(bytes, at)
      if (at < 0) return -1
      at = blank(bytes, at)
      if (bytes[at++] !== COLON) return -1
    }
    at = value(bytes, at, depth)
    if (at < 0) return -1
    at = blank(bytes, at)
    const next = bytes[at++]
    if (next === closing) return at
    if (next !== COMMA) return -1
  }
}

function text (bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) return at + 1
    if (byte < 0x20) return -1
    if (byte !== BACKSLASH) continue
    const escaped = bytes[++at]!
    if (ESCAPED.has(escaped)) continue
    if (escaped !== 0x75) return -1
    for (let i = 0; i < 4; i++) if (!HEX_DIGITS.has(bytes[++at]!)) return -1
  }
  return -1
}

/** Nothing where there is no number at all. */
function number (bytes: Uint8Array, from: number): number | undefined {
  let at = bytes[from] === 0x2d ? from + 1 : from
  const whole = digits(bytes, at)
  if (whole === at) return at === from ? undefined : -1
  if (bytes[at] === 0x30 && whole > at + 1) return -1
  at = whole
  if (bytes[at] === 0x2e) {
    const fraction = digits(bytes, at + 1)
    if (fraction === at + 1) return -1
    at = fraction
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1]
    const first = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
    at = digits(bytes, first)
    if (at === first) return -1
  }
  return at
}

function digits (bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++
  return at
}

function word (bytes: Uint8Array, at: number): number {
  for (const each of WORDS) if (each.every((byte, i) => bytes[at + i] === byte)) return at + each.length
  return -1
}

function blank (bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === BLANK || (bytes[at]! >= 0x09 && bytes[at]! <= 0x0d && bytes[at] !== 0x0b && bytes[at] !== 0x0c)) at++
  return at
}

/**
 * A copy with blanks in place of what a reader of the real server does not mind: comments, and a comma behind the last one. It looks at
 * each byte once, whatever stands there: anybody may write what is no JSON, of any length.
 */
function withoutForgiven (data: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(data)
  /** The last one, as long as nothing else stands behind it. */
  let comma = -1
  for (let at = blank(bytes, 0); at < bytes.length; at = blank(bytes, at)) {
    const byte = bytes[at]!
    if (byte === SLASH) {
      const end = commentEnd(bytes, at)
      if (end < 0) return bytes
      bytes.fill(BLANK, at, end)
      at = end
      continue
    }
    if (comma >= 0 && (byte === CLOSING_BRACKET || byte === CLOSING_BRACE)) bytes[comma] = BLANK
    comma = byte === COMMA ? at : -1
    at = byte === QUOTE ? text(bytes, at) : at + 1
    if (at < 0) return bytes
  }
  return bytes
}

function commentEnd (bytes: Uint8Array, from: number): number {
  let at = from + 2
  if (bytes[from + 1] === SLASH) {
    while (at < bytes.length && bytes[at] !== 0x0a && bytes[at] !== 0x0d) at++
    return at
  }
  if (bytes[from + 1] !== STAR) return -1
  while (at < bytes.length && (bytes[at] !== STAR || bytes[at + 1] !== SLASH)) at++
  return at < bytes.length ? at + 2 : -1
}
