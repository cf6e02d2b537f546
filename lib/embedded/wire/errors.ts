import { Metadata, status, type ServiceError } from '@grpc/grpc-js'

/** An error status with trailers, as the official clients know them: they look at `exception` first. */
export function callError (code: status, details: string, trailers: Record<string, string> = {}): ServiceError {
  const metadata = new Metadata()
  // Names of streams are free text, and trailers are not.
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value.replace(/[^\x20-\x7e]/g, '?'))
  // The transport throws at what is no text.
  const text = details.replace(/\p{Surrogate}/gu, '?')
  return Object.assign(new Error(text), { code, details: text, metadata })
}

export function streamDeleted (stream: string): ServiceError {
  return callError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream
  })
}

export function invalidArgument (message: string): ServiceError {
  return callError(status.INVALID_ARGUMENT, message)
}

/** What a call becomes whose handler met something that it does not know. */
export function handlerThrew (): ServiceError {
  return callError(status.UNKNOWN, 'Exception was thrown by handler.')
}

export function stopping (): ServiceError {
  return callError(status.UNAVAILABLE, 'Server is shutting down')
}

/** Older servers end the call of a follower that does not keep up; newer ones have it read on. */
export function tooSlow (): ServiceError {
  return callError(status.ABORTED,
    'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.')
}

/**
 * The log could not write, and did not: a full disk, say. After UNAVAILABLE the official client would look for another server,
 * and break off whatever else it has under way here.
 */
export function notWritten (error: unknown): ServiceError {
  return callError(status.DEADLINE_EXCEEDED, `The server could not write: ${error instanceof Error ? error.message : String(error)}`)
}
