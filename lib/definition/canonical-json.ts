/**
 * The JSON text of a value with the keys of its objects in the order of their UTF-16 code units, as RFC 8785 has it: equal
 * data give equal text. For values that JSON can carry; like JSON.stringify it leaves out what is undefined.
 */
export function canonicalJson (value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`)
  }
  return `{${members.join()}}`
}
