import type { LogRecord } from '../log/record.js'
import type { Rule } from './rule.js'

/**
 * The metadata of what a projection writes because of a record: whose it is, the record's place, and its correlation id,
 * so that groups on links can go by it.
 *
 * @param original JSON of the stream that counts as the record's own, where the projection says so
 * @param more further properties as JSON, without braces
 */
export function mark ({ id }: Rule, source: LogRecord, original = '', more = ''): string {
  const position = source.position.toString()
  return `{"$v":"${id}:-1:1:4","$c":${position},"$p":${position}` +
    (original === '' ? '' : `,"$o":${original}`) + `,"$causedBy":"${source.id}"` +
    correlationJson(source) +
    (more === '' ? '}' : `,${more}}`)
}

/** Tells what a projection has written itself. */
export class OwnMark {
  readonly #begin: Buffer

  constructor ({ id }: Rule) {
    this.#begin = Buffer.from(`{"$v":"${id}:`)
  }

  isOn ({ metadata }: LogRecord): boolean {
    const begin = this.#begin
    if (metadata.length < begin.length) return false
    for (let i = begin.length - 1; i >= 0; i--) if (metadata[i] !== begin[i]) return false
    return true
  }
}

/** The position that a mark names. */
export function markedPosition ({ metadata }: LogRecord): bigint | undefined {
  const position = /"\$p":(\d+)/.exec(text(metadata))?.[1]
  return position === undefined ? undefined : BigInt(position)
}

/** The correlation id that a record's metadata names, as a property with a comma before it; empty where there is none. */
export function correlationJson ({ json, metadata }: LogRecord): string {
  if (!json || metadata.length === 0) return ''
  const written = text(metadata)
  if (!written.includes('$correlationId')) return ''
  const value = jsonObject(written)?.['$correlationId']
  return typeof value === 'string' ? `,"$correlationId":${JSON.stringify(value)}` : ''
}

/** Nothing when it is no object of JSON. */
export function jsonObject (written: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(written)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

export function text (bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
