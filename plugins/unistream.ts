import type { AnyAggregate, AnyCommands, Senders } from '../lib/definition/index.js'
import type { Outcome } from '../lib/outcome/index.js'

/**
 * The aggregate types that an application sends commands to, for the types of `app.unistream`. An application adds its own:
 *
 * ```ts
 * declare module 'fastify-unistream' {
 *   interface UnistreamAggregates { Account: typeof accountCommands }
 * }
 * ```
 */
export interface UnistreamAggregates {}

/** Whether this process can do its work. */
export interface Readiness {
  /** Every loop stands. */
  readonly ready: boolean
  /** What does not stand, and why. */
  readonly reasons: readonly string[]
  /** What needs somebody's eye though everything stands. */
  readonly warnings: readonly string[]
}

/** What the plugins put on the application. */
export interface UnistreamBase {
  /** Whether all loops of this application's sender and worker stand, and if not, why. */
  readiness (): Readiness
}

type CommandsOf<D> = D extends AnyAggregate ? D['commands'] : D extends AnyCommands ? D : never

/**
 * `app.unistream`: for each aggregate type a function for each command, which resolves to the command's outcome and throws a
 * coded error only where the command was not accepted.
 */
export type Unistream = UnistreamBase & {
  readonly [A in keyof UnistreamAggregates]: Senders<CommandsOf<UnistreamAggregates[A]>, Outcome>
}

declare module 'fastify' {
  interface FastifyInstance {
    unistream: Unistream
  }
}
