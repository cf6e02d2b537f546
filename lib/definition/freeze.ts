import { NotPlainDataError } from '../errors.js'

/** What is known to be frozen to the bottom. */
const frozen = new WeakSet<object>()

/**
 * Freezes a value to the bottom and returns it. Parts that it has frozen before are not visited again, so that a new state
 * that shares most of its parts with the old one costs what is new in it, however large it is.
 *
 * Throws a NotPlainDataError, and freezes nothing, where a part is not plain data: a Map, a Date, an instance of a class,
 * a getter or a function could change, or give different answers, frozen or not.
 */
export function freezeNew<T> (value: T): T {
  if (isKnown(value)) return value
  const found = new Set<object>()
  const open: Array<{ value: object, path: string }> = []
  const take = (part: unknown, path: string): void => {
    if (typeof part === 'function' || typeof part === 'symbol') throw new NotPlainDataError(path || 'the top', `a ${typeof part}`)
    if (isKnown(part) || found.has(part)) return
    if (!Array.isArray(part) && !isPlainObject(part)) throw new NotPlainDataError(path || 'the top', nameOf(part))
    found.add(part)
    open.push({ value: part, path })
  }
  take(value, '')
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: part, path } = next
    if (Array.isArray(part)) {
      for (let index = 0; index < part.length; index++) take(part[index], `${path}/${index}`)
      continue
    }
    for (const key of Reflect.ownKeys(part)) {
      const place = `${path}/${String(key)}`
      if (typeof key === 'symbol') throw new NotPlainDataError(place, 'a property named by a symbol')
      const property = Object.getOwnPropertyDescriptor(part, key)!
      if (property.get !== undefined || property.set !== undefined) throw new NotPlainDataError(place, 'a getter or a setter')
      take(property.value, place)
    }
  }
  for (const part of found) {
    Object.freeze(part)
    frozen.add(part)
  }
  return value
}

/** Nothing in it can change: a primitive, or an object that was frozen to the bottom before. */
function isKnown (value: unknown): value is string | number | boolean | bigint | null | undefined {
  return typeof value !== 'object' ? typeof value !== 'function' && typeof value !== 'symbol' : value === null || frozen.has(value)
}

/** Of what is no array: an object literal, of this realm or another one, or an object without a prototype. */
export function isPlainObject (value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function nameOf (value: object): string {
  const { constructor } = value as { constructor?: { name?: unknown } }
  return `an instance of ${String(constructor?.name)}`
}
