import { isPlainObject } from './freeze.js'
import { pointerTo } from './pointer.js'
import type { Fault } from './types.js'

/** Deeper values would overflow the stack of whoever writes or checks them recursively, JSON.stringify included. */
const DEEPEST = 200

/** What of a value JSON cannot carry. `bottomless` where it has no end that a recursive check would reach. */
export interface JsonFaults {
  readonly faults: Fault[]
  readonly bottomless: boolean
}

/** Walks a value and gathers what JSON cannot carry, or would change in silence. */
export function jsonFaults (value: unknown): JsonFaults {
  const faults: Fault[] = []
  const path = new Set<object>()
  let bottomless = false

  const fault = (pointer: string, message: string, rule = 'json'): void => { faults.push({ pointer, rule, message }) }

  const walk = (part: unknown, pointer: string): void => {
    switch (typeof part) {
      case 'string':
      case 'boolean':
        return
      case 'number':
        if (!Number.isFinite(part)) fault(pointer, Number.isNaN(part) ? 'must be a number' : 'is too large a number')
        return
      case 'object':
        break
      default:
        return fault(pointer, `is ${part === undefined ? 'undefined' : `a ${typeof part}`}, which JSON cannot carry`)
    }
    if (part === null) return
    if (path.has(part)) {
      bottomless = true
      return fault(pointer, 'contains itself, which JSON cannot carry')
    }
    if (path.size === DEEPEST) {
      bottomless = true
      return fault(pointer, `is nested more than ${DEEPEST} levels deep`)
    }
    path.add(part)
    if (Array.isArray(part)) items(part, pointer)
    else if (isPlainObject(part)) members(part, pointer)
    else fault(pointer, 'must be a plain object: JSON does not carry instances of classes')
    path.delete(part)
  }

  const items = (part: readonly unknown[], pointer: string): void => {
    // By index, since holes are undefined too.
    for (let index = 0; index < part.length; index++) walk(part[index], pointerTo(pointer, index))
  }

  const members = (part: Record<string, unknown>, pointer: string): void => {
    for (const key of Object.keys(part)) {
      // Copied by assignment it would become the prototype of the copy, and its members would seem to be there.
      if (key === '__proto__') fault(pointerTo(pointer, key), UNKNOWN_PROPERTY, 'additionalProperties')
      else walk(part[key], pointerTo(pointer, key))
    }
  }

  walk(value, '')
  return { faults, bottomless }
}

export const UNKNOWN_PROPERTY = 'is not known here'
