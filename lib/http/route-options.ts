import type { RouteShorthandOptions } from 'fastify'

const HOOKS = [
  'onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onResponse', 'onTimeout', 'onError',
  'onRequestAbort'
] as const

const OWN = ['schema', 'attachValidation', 'validatorCompiler', 'serializerCompiler', 'schemaErrorFormatter', 'errorHandler'] as const

/** What a route's documentation may say beside what the plugin says itself. */
export interface RouteDocumentation {
  /** Leave the route out of the documentation. */
  readonly hide?: boolean | undefined
  readonly deprecated?: boolean | undefined
  /** Instead of the aggregate type's name. */
  readonly tags?: readonly string[] | undefined
  /** Which of the document's security schemes the route needs. */
  readonly security?: ReadonlyArray<Readonly<Record<string, readonly string[]>>> | undefined
}

/**
 * Options of Fastify's that go to the routes as they are: hooks, `config`, `constraints`, `bodyLimit`, `logLevel`, … Schemas and
 * the error handler are the plugin's own, since its answers hang on them.
 */
export interface RouteOptions extends Omit<RouteShorthandOptions, typeof OWN[number]> {
  readonly schema?: RouteDocumentation | undefined
}

/** The routes of one command. */
export interface CommandRouteSettings {
  /** Whether answers have the command's events. */
  readonly events?: boolean | undefined
  readonly routeOptions?: RouteOptions | undefined
}

/** The routes of one aggregate type. `false` makes none. */
export interface AggregateRouteSettings extends CommandRouteSettings {
  /** By the name of the command. `false` makes none. */
  readonly commands?: { readonly [command: string]: CommandRouteSettings | false | undefined } | undefined
}

/** Options of several levels as one: hooks run one after the other, from the general to the special; else the special wins. */
export function mergeRouteOptions (...levels: ReadonlyArray<RouteOptions | undefined>): RouteOptions & { schema: RouteDocumentation } {
  const merged = Object.assign({}, ...levels) as Record<string, unknown> & { schema: RouteDocumentation }
  for (const hook of HOOKS) {
    const handlers = levels.flatMap((level) => level?.[hook] ?? [])
    if (handlers.length > 0) merged[hook] = handlers
  }
  for (const config of ['config', 'schema'] as const) {
    merged[config] = Object.assign({}, ...levels.map((level) => level?.[config]))
  }
  return merged
}

/** Names of options that a user may not give, since the plugin gives them itself. */
export function ownedOption (options: RouteOptions): string | undefined {
  return OWN.slice(1).find((name) => name in options)
}
