import { createHash } from 'node:crypto'

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const NIL = '00000000-0000-0000-0000-000000000000'

/**
 * A UUID as the store spells it: lower case. Any version is taken, since callers of the original
 * system choose ids that follow no RFC version.
 */
export function parseUuid (text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const lower = text.toLowerCase()
  return FORM.test(lower) ? lower : undefined
}

/** Like {@link parseUuid}, and not the nil UUID, which the store refuses as an event id. */
export function parseId (text: unknown): string | undefined {
  const uuid = parseUuid(text)
  return uuid === NIL ? undefined : uuid
}

/** The name-based UUID of RFC 9562, section 5.5 (version 5, SHA-1). */
export function uuidV5 (namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  const hex = hash.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
