import type { LogRecord } from '../log/record.js'

/** Records that `$all` shows to nobody: what groups on `$all` write to keep going, which would feed on itself. */
export function isHidden (record: LogRecord): boolean {
  return record.stream.startsWith('$persistentsubscription-$all::')
}

/**
 * A filter's expression: anywhere in the text by regular expression, or by prefixes where that is empty.
 * @throws SyntaxError when it is no regular expression
 */
export function matcher (regex: string, prefixes: readonly string[]): (text: string) => boolean {
  if (regex === '') return (text) => prefixes.some((prefix) => text.startsWith(prefix))
  const expression = lenient(regex)
  return (text) => expression.test(text)
}

/** Also an expression that only the older rules of JavaScript know, such as one that escapes what needs no escape. */
function lenient (regex: string): RegExp {
  try {
    return new RegExp(regex, 'u')
  } catch {
    return new RegExp(regex)
  }
}
