import { InvalidSettingError, UnknownSettingError } from '../errors.js'
import type { Field } from './table.js'

const LONGEST = 120

export function invalid (setting: string, value: unknown, field: Pick<Field, 'expected' | 'secret'>): Error {
  return new InvalidSettingError(setting, field.secret ? 'not usable (its value is not shown)' : shown(value), field.expected)
}

/** The value of an unknown setting may be a secret under a misspelt name: it is shown only where there are no secrets. */
export function unknown (setting: string, known: readonly string[], value?: unknown): Error {
  const has = value === undefined ? '' : `it is ${shown(value)}; `
  return new UnknownSettingError(setting, `${has}expected one of ${known.join(', ')}`)
}

/** A value for people, short, and without what stands before an @, which may be credentials. */
function shown (value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(withoutCredentials(value)) : written(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

export function withoutCredentials (text: string): string {
  return text.replace(/^([a-z+]+:\/\/)?.*@/is, '$1***@')
}

function written (value: unknown): string {
  try {
    return JSON.stringify(value, (_, part) => typeof part === 'string' ? withoutCredentials(part) : part) ?? String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
