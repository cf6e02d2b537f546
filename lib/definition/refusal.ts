import { RefusalError } from '../errors.js'
import { freezeNew } from './freeze.js'
import { jsonFaults } from './json-value.js'
import type { Refusal } from './types.js'

// Registered, so that refusals of a second copy of this package (one imported, one required) are known as well.
const REFUSAL = Symbol.for('fastify-unistream.refusal')

/**
 * A rule's no, returned by decide. The code is for programs and stays the same; the message is for people; both, and the
 * details, reach the caller. Throws a RefusalError where code or message are empty or the details are no JSON.
 */
export function refuse (code: string, message: string, details?: unknown): Refusal {
  if (typeof code !== 'string' || code === '') throw new RefusalError('no code: give it a stable one, such as ALREADY_VERIFIED')
  if (typeof message !== 'string' || message === '') throw new RefusalError(`no message for ${code}: say which rule refused the command`)
  if (details !== undefined) {
    const [fault] = jsonFaults(details).faults
    if (fault !== undefined) throw new RefusalError(`details for ${code} that cannot be stored: details${fault.pointer} ${fault.message}`)
    freezeNew(details)
  }
  const refusal = { code, message, ...(details !== undefined && { details }) }
  return Object.freeze(Object.defineProperty(refusal, REFUSAL, { value: true })) as unknown as Refusal
}

/** Whether decide said no. */
export function isRefusal (decision: unknown): decision is Refusal {
  return typeof decision === 'object' && decision !== null && Object.hasOwn(decision, REFUSAL)
}
