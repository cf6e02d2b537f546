import type { LogRecord } from '../log/record.js'
import { compileExpression } from './expression.js'

/** By this name the whole log is read and followed. */
export const ALL = '$all'

/** Records that `$all` shows to nobody: what groups on `$all` write to keep going, which would feed on itself. */
export function isHidden (record: LogRecord): boolean {
  return record.stream.startsWith('$persistentsubscription-$all::')
}

/**
 * A filter's expression: anywhere in the text by regular expression, or by prefixes where that is empty.
 * @throws ExpressionError
 */
export function matcher (regex: string, prefixes: readonly string[]): (text: string) => boolean {
  if (regex === '') return (text) => prefixes.some((prefix) => text.startsWith(prefix))
  const expression = compileExpression(regex)
  return (text) => expression.test(text)
}
