import type { ErrorObject } from 'ajv/dist/2019.js'
import { decimalPlaces } from './decimal.js'
import { UNKNOWN_PROPERTY } from './json-value.js'

type Say = (params: Record<string, unknown>, schema: unknown) => string

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  email: 'an e-mail address',
  date: 'a date such as 2024-02-29',
  time: 'a time with its offset, such as 13:30:00Z',
  'date-time': 'a date and time with its offset, such as 2024-02-29T13:30:00Z',
  uri: 'a URI',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address'
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'an object', array: 'a list', string: 'a string', number: 'a number', integer: 'a whole number', boolean: 'true or false', null: 'null'
}

const MESSAGES: Readonly<Record<string, Say>> = {
  required: () => 'is missing',
  dependentRequired: ({ property }) => `is missing, and ${String(property)} needs it`,
  additionalProperties: () => UNKNOWN_PROPERTY,
  unevaluatedProperties: () => UNKNOWN_PROPERTY,
  propertyNames: () => 'is a name that is not allowed here',
  additionalItems: ({ limit }) => `must not have more than ${count(limit, 'item')}`,
  unevaluatedItems: ({ limit }) => `must not have more than ${count(limit, 'item')}`,
  type: ({ type }) => `must be ${listed(([type].flat() as string[]).map(typeName))}`,
  const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`,
  enum: ({ allowedValues }) => `must be ${listed((allowedValues as unknown[]).map(value => JSON.stringify(value)))}`,
  format: ({ format }) => `must be ${FORMATS[String(format)] ?? `a valid ${String(format)}`}`,
  pattern: ({ pattern }) => pattern === '\\S' ? 'must not be blank' : `must match the pattern ${String(pattern)}`,
  minLength: ({ limit }) => limit === 1 ? 'must not be empty' : `must have at least ${count(limit, 'character')}`,
  maxLength: ({ limit }) => `must have at most ${count(limit, 'character')}`,
  minimum: ({ limit }) => `must be at least ${String(limit)}`,
  maximum: ({ limit }) => `must be at most ${String(limit)}`,
  exclusiveMinimum: ({ limit }) => `must be above ${String(limit)}`,
  exclusiveMaximum: ({ limit }) => `must be below ${String(limit)}`,
  multipleOf: (_params, step) => multiple(step as number),
  minItems: ({ limit }) => `must have at least ${count(limit, 'item')}`,
  maxItems: ({ limit }) => `must have at most ${count(limit, 'item')}`,
  uniqueItems: ({ i, j }) => `must not have the same item twice, as at ${String(j)} and ${String(i)}`,
  minProperties: ({ limit }) => `must have at least ${count(limit, 'property', 'properties')}`,
  maxProperties: ({ limit }) => `must have at most ${count(limit, 'property', 'properties')}`,
  contains: ({ minContains, maxContains }) => maxContains === undefined
    ? `must have at least ${count(minContains, 'item')} of a certain kind`
    : `must have ${String(minContains)} to ${String(maxContains)} items of a certain kind`,
  oneOf: () => 'fits more than one of the forms that are allowed here, and must fit one of them',
  not: (_params, schema) => typeof schema === 'object' && schema !== null && 'const' in schema
    ? `must not be ${JSON.stringify(schema.const)}`
    : 'is what is not allowed here',
  'false schema': () => 'is not allowed here'
}

/** What is wrong, in words. */
export function messageOf ({ keyword, params, schema, message }: Pick<ErrorObject, 'keyword' | 'params' | 'schema' | 'message'>): string {
  return MESSAGES[keyword]?.(params, schema) ?? `${message}`
}

/** `a, b or c` */
export function listed (names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`
}

export function typeName (type: string): string {
  return TYPES[type]!
}

function multiple (step: number): string {
  const places = decimalPlaces(step)
  return places === undefined
    ? step === 1 ? 'must be a whole number' : `must be a multiple of ${step}`
    : `must have at most ${count(places, 'decimal place')}`
}

function count (number: unknown, one: string, more = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : more}`
}
