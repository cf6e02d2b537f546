import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'

/** One gRPC service of the server. What its handlers leave out is answered UNIMPLEMENTED. */
export interface WireService {
  readonly definition: ServiceDefinition
  readonly handlers: UntypedServiceImplementation
  /** The longest message that it takes, in bytes, where it takes more than others. */
  readonly maxMessageBytes?: number
  /** Ends the calls that are open, and tells why. */
  endCalls? (): void
  /** Breaks off the calls that are open, without a word. */
  breakOff? (): void
}
