import { createHash } from 'node:crypto'

/** RFC 9562, section 5.5: the first 16 bytes of the SHA-1 of namespace and name, marked as version 5 of variant 10. */
export function nameBased (namespace: string, name: string): string {
  const bytes = createHash('sha1').update(namespace.replace(/-/g, ''), 'hex').update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) % 16) + 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) % 64) + 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** The id of an outcome's event by the wire contract. */
export function outcomeEventId (comId: string, index: number, count: number, type: string, data: unknown): string {
  return nameBased(comId, `${index}/${count}:${type}:${JSON.stringify(data)}`)
}

/** JSON without blanks, the keys of its objects sorted. */
export function canonical (value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => part !== null && typeof part === 'object' && !Array.isArray(part)
    ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
    : part) ?? 'null'
}

/** What tells one body of a command from another. */
export function fingerprint (body: unknown): string {
  return createHash('sha256').update(canonical(body)).digest('hex')
}

export function alike (a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}
