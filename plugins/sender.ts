import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { AnyAggregate, AnyCommands } from '../lib/definition/index.js'
import { AlreadyRegisteredError, InvalidSettingError } from '../lib/errors.js'
import { commandRoutes } from '../lib/http/index.js'
import type { AggregateRouteSettings, RouteOptions, RoutesOptions } from '../lib/http/index.js'
import { AggregateSender, CategoryWatch } from '../lib/sender/index.js'
import type { SendRequest } from '../lib/sender/index.js'
import type { Settings } from '../lib/settings/index.js'
import { connect, isRegistered, within } from './kurrent.js'
import type { Connection } from './kurrent.js'
import { boolean, booleanOrObject, checkDefinitions, checkOptions, isAggregate, isCommands, object, path } from './options.js'
import type { UnistreamOptions } from './options.js'
import { registerReadiness } from './readiness.js'

export { frameworkErrors } from '../lib/http/index.js'
export type * from './unistream.js'
export type { ConnectionOptions, StoreClient } from './kurrent.js'
export type { UnistreamOptions } from './options.js'
export type { AggregateRouteSettings, CommandRouteSettings, ReadinessRoute, RouteDocumentation, RouteOptions } from '../lib/http/index.js'
export type { AggregateOptions, CommandOptions, KurrentOptions, SettingsOptions } from '../lib/settings/index.js'

export interface SenderOptions extends UnistreamOptions {
  /**
   * The commands of each aggregate type that is sent to. Instead of the commands an aggregate may be given: then answers show
   * its events under the names that they have in code.
   */
  aggregates: ReadonlyArray<AnyCommands | AnyAggregate>
  /** Whether there are routes, and how those of an aggregate type differ, by its name. Default `true`. */
  routes?: boolean | { readonly [aggregate: string]: AggregateRouteSettings | false | undefined } | undefined
  /** What the paths of the routes begin with. */
  prefix?: string
  /** Whether answers have the events of their commands. Default `false`. */
  events?: boolean | undefined
  /** Options of Fastify's for all routes of commands. */
  routeOptions?: RouteOptions | undefined
}

const NAME = 'fastify-unistream-sender'

/** Part of the drain time in which callers wait for their outcomes; the rest is for the end of the subscriptions. */
const WAITING = 0.7

/** Seconds at the most for which a server that closes still takes requests, to refuse them. Fastify gives its hooks 10. */
const REFUSING = 2

/**
 * Decorates the application with typed senders (`app.unistream`), and makes a route for every command.
 *
 * Loops start when the application is ready, which does not wait for the store. At the close callers get what is known of their
 * commands within `kurrent.drainTime`.
 *
 * @throws while it is registered, a coded error for settings that are unknown, malformed or missing, and for a second
 * registration at the same place.
 */
export const sender = fp(async (app: FastifyInstance, options: SenderOptions) => {
  if (isRegistered(app, NAME)) throw new AlreadyRegisteredError(NAME)
  checkOptions(options, { routes: booleanOrObject, prefix: path, events: boolean, routeOptions: object })
  const definitions = definitionsOf(options.aggregates)
  const { connection, settings } = await connect(app, NAME, options, definitions.map(({ commands }) => commands.name))
  const log = app.log.child({ plugin: NAME })
  const senders = definitions.map((definition) => senderOf(definition, connection, settings, app))
  const category = new CategoryWatch(() => connection.store.categoryProjection(), log)
  for (const { commands, sender } of senders) {
    Object.defineProperty(connection.unistream, commands.name, { value: typedSenders(commands, sender), enumerable: true })
    connection.parts.push(sender)
  }
  connection.parts.push({ readiness: () => ({ ready: true, reasons: [], warnings: category.warnings }) })

  const close = async (): Promise<void> => {
    category.stop()
    await Promise.all(senders.map(({ sender }) => sender.close()))
  }
  connection.closeFirst(close)
  app.addHook('onReady', async () => {
    for (const { sender } of senders) sender.start()
    category.start()
  })
  // Callers are answered from here on, while the server waits for the requests that it has.
  app.addHook('preClose', async () => { connection.closeSenders().catch(() => undefined) })
  app.addHook('onClose', () => {
    const closed = connection.closeSenders()
    return within(connection.drainTimeLeft(settings.kurrent.drainTime), closed, log, 'The sender')
  })

  await addRoutes(app, connection, settings.kurrent.drainTime, options, senders.map(({ commands, sender }) => ({
    commands,
    send: (command, request) => sender.send(command, request),
    find: (request) => sender.find(request)
  })))
}, { name: NAME, fastify: '5.x' })

export { sender as fastifyUnistreamSender }
export default sender

interface Definition {
  readonly commands: AnyCommands
  readonly aggregate?: AnyAggregate
}

function definitionsOf (given: unknown): Definition[] {
  const definitions = Array.isArray(given) ? given.map(definitionOf) : []
  checkDefinitions('aggregates', definitions.map(({ commands }) => commands))
  return definitions
}

function definitionOf (given: unknown, index: number): Definition {
  if (isCommands(given)) return { commands: given }
  if (isAggregate(given)) return { commands: given.commands, aggregate: given }
  throw new InvalidSettingError(`aggregates[${index}]`, typeof given, 'what defineCommands or defineAggregate has made')
}

function senderOf ({ commands, aggregate }: Definition, { store }: Connection, settings: Settings, app: FastifyInstance) {
  const { hostname, drainTime, keepGroup } = settings.kurrent
  const sender = new AggregateSender({
    commands,
    store,
    settings: { ...settings.command(commands.name), drain: drainTime * WAITING, keepGroup },
    hostname,
    log: app.log.child({ plugin: NAME, aggregate: commands.name }),
    ...aggregate !== undefined && { eventByStoredName: (stored) => aggregate.eventByStoredName(stored) }
  })
  return { commands, sender }
}

function typedSenders ({ commands }: AnyCommands, sender: AggregateSender): object {
  const send = (command: string) => async (request: SendRequest) => (await sender.send(command, request)).outcome
  return Object.freeze(Object.fromEntries(Object.keys(commands).map((command) => [command, send(command)])))
}

async function addRoutes (
  app: FastifyInstance, connection: Connection, drainTime: number, options: SenderOptions, senders: RoutesOptions['senders']
): Promise<void> {
  const { routes = true, prefix = '', events, routeOptions } = options
  if (routes !== false) {
    const refused = () => Promise.race([
      connection.closeSenders().catch(() => undefined),
      wait(Math.min(REFUSING, drainTime) * 1000, undefined, { ref: false })
    ])
    await app.register(commandRoutes, { prefix, senders, events, routeOptions, routes: routes === true ? undefined : routes, refused })
  }
  await registerReadiness(app, connection, options)
}
