import { status } from '@grpc/grpc-js'
import { StoreUnavailableError } from '../errors.js'
import type { SubscriptionError, SubscriptionTrouble } from './contract.js'

/** A failure of a call to the store, in words for operators. It holds no secret. */
export class StoreFault extends Error implements SubscriptionError {
  readonly trouble: SubscriptionTrouble

  constructor (trouble: SubscriptionTrouble, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreFault'
    this.trouble = trouble
  }
}

// The server names these in the trailer `exception`, the official client's errors in `type`.
const named: Record<string, SubscriptionTrouble> = {
  'maximum-subscribers-reached': 'full',
  'access-denied': 'access_denied',
  'persistent-subscription-does-not-exist': 'no_group',
  'persistent-subscription-dropped': 'dropped',
  'stream-deleted': 'deleted',
  'not-leader': 'unavailable',
  'deadline-exceeded': 'timeout',
  unavailable: 'unavailable',
  cancelled: 'unavailable'
}

const coded: Partial<Record<number, SubscriptionTrouble>> = {
  [status.PERMISSION_DENIED]: 'access_denied',
  [status.UNAUTHENTICATED]: 'access_denied',
  [status.DEADLINE_EXCEEDED]: 'timeout',
  [status.UNAVAILABLE]: 'unavailable',
  [status.INTERNAL]: 'unavailable',
  [status.DATA_LOSS]: 'unavailable',
  [status.CANCELLED]: 'unavailable'
}

const advice: Record<SubscriptionTrouble, string> = {
  full: 'the group has as many subscribers as it may have: another process subscribes to it under the same name',
  access_denied: 'check the user and the password of the kurrent settings, and what this user may do',
  no_group: 'the group does not exist',
  dropped: 'the server dropped the subscription: the group was deleted or changed, or the leader has moved',
  deleted: 'the stream is tombstoned',
  timeout: 'the server did not answer in time: it hangs, is overloaded, or cannot be reached',
  ended: 'the server ended the call',
  unavailable: 'check that KurrentDB runs and can be reached at the configured host',
  unknown: 'the log of the server may say more'
}

/** The name under which the server or the official client reports a failure, such as `stream-deleted`. */
export function exceptionOf (error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { metadata, type } = error as { metadata?: { get? (key: string): unknown[] }, type?: unknown }
  const trailer = typeof metadata?.get === 'function' ? metadata.get('exception')[0] : undefined
  if (trailer !== undefined) return String(trailer)
  return typeof type === 'string' ? type : undefined
}

/** The gRPC status code of a failure, where it has one. */
export function codeOf (error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'number' ? code : undefined
}

function troubleOf (error: unknown): SubscriptionTrouble {
  const exception = exceptionOf(error)
  const code = codeOf(error)
  return (exception === undefined ? undefined : named[exception]) ?? (code === undefined ? undefined : coded[code]) ?? 'unknown'
}

/** Says what failed while the store was `doing` something, and what to do about it. */
export function faultOf (error: unknown, doing: string): StoreFault {
  if (error instanceof StoreFault) return error
  const trouble = troubleOf(error)
  const reason = error instanceof Error && error.message !== '' ? error.message : exceptionOf(error) ?? String(error)
  return new StoreFault(trouble, `${doing} failed (${reason}): ${advice[trouble]}`, error)
}

export function timeoutFault (doing: string, milliseconds: number): StoreFault {
  return new StoreFault('timeout', `${doing} failed (no answer within ${milliseconds / 1000} s): ${advice.timeout}`)
}

export function unavailableFault (doing: string, reason: string): StoreFault {
  return new StoreFault('unavailable', `${doing} failed (${reason}): ${advice.unavailable}`)
}

/** The coded error of a call whose failure reaches other rooms; its cause tells operators what to do. */
export function unavailable (fault: StoreFault): Error {
  return new StoreUnavailableError({ cause: fault })
}
