import type { ServerInterceptor, ServerInterceptingCallInterface } from '@grpc/grpc-js'

/** Where gRPC keeps the limit of one call. It looks at it when a message says how long it is, so nothing that is too long is taken in. */
interface LimitedCall extends ServerInterceptingCallInterface {
  maxReceiveMessageSize: number
  decoder: { maxReadMessageLength: number }
}

/** Gives each service the limit of its own for a message, in bytes; the library knows one for the whole port. */
export function limitMessages (limitOf: (path: string) => number | undefined): ServerInterceptor {
  return ({ path }, call) => {
    const limit = limitOf(path)
    if (limit !== undefined) {
      const limited = call as LimitedCall
      limited.maxReceiveMessageSize = limit
      limited.decoder.maxReadMessageLength = limit
    }
    return call as unknown as ReturnType<ServerInterceptor>
  }
}
