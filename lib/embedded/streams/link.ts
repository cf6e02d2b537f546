import { LINK_TYPE, TOMBSTONE_REVISION, type LogRecord } from '../log/record.js'

/** Where a link points. */
export interface LinkTarget {
  stream: string
  revision: bigint
}

/** The target of a link; nothing for any other record, and for one whose revision cannot be read. */
export function linkTarget (record: LogRecord): LinkTarget | undefined {
  if (record.type !== LINK_TYPE) return undefined
  const { data } = record
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')
  const at = text.indexOf('@')
  if (at < 1) return undefined
  const revision = text.slice(0, at)
  if (!/^\d{1,19}$/.test(revision)) return undefined
  const number = BigInt(revision)
  return number > TOMBSTONE_REVISION ? undefined : { stream: text.slice(at + 1), revision: number }
}
