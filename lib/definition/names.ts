import { DefinitionError, DefinitionNameError } from '../errors.js'

const CODE_NAME = /^[A-Za-z][A-Za-z0-9_]*$/
const UNPRINTABLE = /[\s\p{Cc}\p{Cs}]/u

/**
 * Names that would hide a member of `app.unistream` or of the typed senders in it. `then` would make them look like
 * promises, and await would call it.
 */
const TAKEN = new Set([
  'then', 'catch', 'finally', 'toJSON', 'prototype',
  ...Object.getOwnPropertyNames(Object.prototype)
])
const TAKEN_BY_UNISTREAM = new Set([
  'readiness', 'ready', 'start', 'close', 'send', 'find', 'outcome', 'status', 'store', 'client', 'settings', 'log',
  'aggregates', 'senders', 'worker', 'options'
])

/** Event types that the original's senders take for an answer, wherever they stand. */
const TAKEN_BY_ANSWERS = new Set(['Fail', 'Duplicate'])

export function checkTypeName (name: unknown): asserts name is string {
  checkCodeName('An aggregate type', name)
  if (TAKEN_BY_UNISTREAM.has(name)) throw taken('An aggregate type', name, 'app.unistream')
}

export function checkCodeName (subject: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !CODE_NAME.test(name)) {
    throw new DefinitionNameError(subject, quoted(name),
      'start with a letter A to Z or a to z, and go on with letters, digits and _ only')
  }
  if (TAKEN.has(name)) throw taken(subject, name, 'every JavaScript object')
}

export function checkStoredTypeName (type: string, stored: unknown): asserts stored is string {
  const subject = `The aggregate type ${type}, in the store,`
  checkStoredName(subject, stored)
  if (stored.includes('-')) {
    throw new DefinitionNameError(subject, quoted(stored),
      'the store tells a stream\'s category by the first -, so choose a storedName without it')
  }
}

export function checkStoredName (subject: string, stored: unknown): asserts stored is string {
  if (typeof stored !== 'string' || stored === '' || UNPRINTABLE.test(stored)) {
    throw new DefinitionNameError(subject, quoted(stored), 'choose a storedName of at least one character, without blanks')
  }
  if (stored.startsWith('$')) {
    throw new DefinitionNameError(subject, quoted(stored), 'names with a leading $ are the store\'s own, so choose another storedName')
  }
}

export function checkStoredEventName (subject: string, stored: unknown, refusedName: string): asserts stored is string {
  checkStoredName(subject, stored)
  if (stored === refusedName) {
    throw new DefinitionNameError(subject, quoted(stored),
      'refusals are stored under that name, so give the event another storedName, or the commands another refusedName')
  }
  if (TAKEN_BY_ANSWERS.has(stored)) {
    throw new DefinitionNameError(subject, quoted(stored), 'senders take an event of this type for an answer, so choose another storedName')
  }
}

/** An index by stored name. Two of one stored name are an error that names both. */
export function indexByStoredName<T extends { name: string, storedName: string }> (kind: string, type: string, all: Iterable<T>): Map<string, T> {
  const index = new Map<string, T>()
  for (const definition of all) {
    const other = index.get(definition.storedName)
    if (other !== undefined) {
      throw new DefinitionNameError(`The ${kind} ${type}.${definition.name}, in the store,`, quoted(definition.storedName),
        `${type}.${other.name} is stored under that name already, so give one of them another storedName`)
    }
    index.set(definition.storedName, definition)
  }
  return index
}

/** Refuses what nobody reads: a misspelt option would otherwise be without effect, in silence. */
export function checkOptions (subject: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) throw new DefinitionError(`${subject} must be an object`)
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new DefinitionError(`${subject} have no ${key}: they may have ${known.join(', ')}`)
  }
}

function taken (subject: string, name: string, owner: string): Error {
  return new DefinitionNameError(subject, quoted(name), `${owner} has a member of that name, so choose another name`)
}

function quoted (name: unknown): string {
  return typeof name === 'string' ? JSON.stringify(name) : String(name)
}
