import type { CallOptions, Client as GrpcClient, Metadata } from '@grpc/grpc-js'
import type { GRPCClientConstructor, KurrentDBClient } from '@kurrent/kurrentdb-client'

/**
 * The protected members of the official client that the store stands on, and no others: a change of them in a later version
 * of the client has to be looked for here alone. By these the hot calls share the client's own channel, so discovery, TLS,
 * credentials and reconnection stay the client's.
 */
export interface ClientInternals {
  /** Gives the generated client of a service on the present channel, which it makes (and discovers the node for) where there is none. */
  execute<C extends GrpcClient, T> (service: GRPCClientConstructor<C>, name: string, action: (client: C) => Promise<T>): Promise<T>
  /** Metadata and options of a call: credentials, connection name, deadline. */
  callArguments (options: { requiresLeader?: boolean }, callOptions?: CallOptions): [Metadata, CallOptions]
  /** Looks at a failure; after one that calls for it, the client drops its channel, and its next call makes another. */
  handleError (client: GrpcClient, error: Error): Promise<void>
  /** What the server can do; asked once for each channel. */
  readonly capabilities: Promise<{ serverVersion: string }>
}

export function internalsOf (client: KurrentDBClient): ClientInternals {
  return client as unknown as ClientInternals
}
