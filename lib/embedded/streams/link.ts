import { LINK_TYPE, TOMBSTONE_REVISION, type LogRecord } from '../log/record.js'

/** Where a link points. */
export interface LinkTarget {
  /** Missing where the link says none: it leads nowhere. */
  stream: string | undefined
  /** -1n stands for the last one, whichever that is; what is below it leads nowhere. */
  revision: bigint
}

/** The target of a link; nothing for any other record, and for one that does not begin with a number: it is an event like others. */
export function linkTarget (record: LogRecord): LinkTarget | undefined {
  if (record.type !== LINK_TYPE) return undefined
  const text = textOf(record)
  const at = text.indexOf('@')
  const number = integer(at < 0 ? text : text.slice(0, at))
  return number === undefined ? undefined : { stream: at < 0 ? undefined : text.slice(at + 1), revision: number }
}

/** By which stream a group tells an event: of a link that was not followed by the one that it names. */
export function sourceStream (record: LogRecord): string {
  if (record.type !== LINK_TYPE) return record.stream
  const text = textOf(record)
  return text.slice(text.indexOf('@') + 1)
}

function textOf ({ data }: LogRecord): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')
}

/** An int64 as the real server reads it: with a sign, zeros before it, and space around it. */
function integer (text: string): bigint | undefined {
  const digits = /^\s*([+-]?\d+)\s*$/.exec(text)?.[1]
  if (digits === undefined) return undefined
  const number = BigInt(digits.replace('+', ''))
  return number > TOMBSTONE_REVISION || number < -TOMBSTONE_REVISION - 1n ? undefined : number
}
