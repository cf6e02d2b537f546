import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AnyCommands, CommandDefinition } from '../definition/index.js'
import { CommandInvalidError, OutcomeNotFoundError, UnknownCommandError, UnknownSettingError } from '../errors.js'
import type { FindRequest, SendRequest, SendResult } from '../sender/contract.js'
import type { Outcome } from '../outcome/index.js'
import { answerCommand, answerOutcome } from './answers.js'
import { readBodiesAsJson } from './body.js'
import { addressOf, requestFaults } from './faults.js'
import { answerError, invalid, sendProblem } from './problem.js'
import { mergeRouteOptions, ownedOption } from './route-options.js'
import type { AggregateRouteSettings, CommandRouteSettings, RouteOptions } from './route-options.js'
import { commandSchema, statusSchema } from './route-schema.js'
import { shared } from './schemas.js'

/** What the routes of an aggregate type send commands and find outcomes by. */
export interface RoutedSender {
  readonly commands: AnyCommands
  readonly send: (command: string, request: SendRequest) => Promise<SendResult>
  readonly find: (request: FindRequest) => Promise<Outcome | undefined>
}

/** How the routes are made. */
export interface RoutesOptions {
  readonly senders: readonly RoutedSender[]
  /** Whether answers have the command's events. */
  readonly events?: boolean | undefined
  /** For all routes. */
  readonly routeOptions?: RouteOptions | undefined
  /** By the name of the aggregate type. `false` makes no routes for it. */
  readonly routes?: { readonly [aggregate: string]: AggregateRouteSettings | false | undefined } | undefined
  /** When the server that closes may stop to listen. At once unless said. */
  readonly refused?: (() => Promise<void>) | undefined
}

/**
 * The routes of commands, to be registered as a scope of its own: its parser of bodies, its error handler and its compilers
 * are its own.
 */
export async function commandRoutes (scope: FastifyInstance, options: RoutesOptions): Promise<void> {
  checkNames(options)
  readBodiesAsJson(scope)
  // The definitions check, before the user's preHandler hooks as ever, and for all parts of a request together; nothing is
  // coerced, filled in or removed. Answers are written as they are, whatever their schemas have forgotten.
  scope.setValidatorCompiler(() => () => true)
  scope.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  scope.setErrorHandler(answerError)
  for (const schema of shared) {
    if (scope.getSchema(schema.$id!) === undefined) scope.addSchema(schema)
  }
  endConnectionsAtClose(scope, options.refused)
  const operationIds = new OperationIds()
  for (const sender of options.senders) {
    const ofAggregate = options.routes?.[sender.commands.name]
    if (ofAggregate === false) continue
    for (const command of Object.values(sender.commands.commands)) {
      const ofCommand = ofAggregate?.commands?.[command.name]
      if (ofCommand !== false) addRoutes(scope, sender, command, operationIds, [options, ofAggregate, ofCommand])
    }
  }
  addUnknown(scope, options.routeOptions)
}

/**
 * A connection that is answered while the server closes must not be kept: the server waits for it, and it would be idle until
 * its keep-alive time is over. A connection that is kept at the moment at which the server stops to listen is cut, and a request
 * that is on its way then is never read. So the server listens on for a moment, and tells clients to go.
 */
function endConnectionsAtClose (scope: FastifyInstance, refused: RoutesOptions['refused']): void {
  let closing = false
  scope.addHook('preClose', async () => {
    closing = true
    await refused?.()
  })
  scope.addHook('onSend', async (request, reply) => {
    if (closing && request.raw.httpVersionMajor === 1) reply.header('connection', 'close')
  })
}

function addRoutes (
  scope: FastifyInstance, sender: RoutedSender, command: CommandDefinition, operationIds: OperationIds,
  levels: ReadonlyArray<CommandRouteSettings | undefined>
): void {
  const aggregate = sender.commands.name
  const url = `/${aggregate}/${command.name}/:comId`
  const { schema: told, ...routeOptions } = mergeRouteOptions(...levels.map((level) => level?.routeOptions))
  const events = levels.findLast((level) => level?.events !== undefined)?.events ?? false
  const route = { aggregate, command, events, told }
  scope.route({
    ...routeOptions,
    method: 'POST',
    url,
    schema: commandSchema({ ...route, operationId: operationIds.take(`${aggregate}_${command.name}`) }),
    preValidation: withCheck(routeOptions, command),
    handler: async (request, reply) => {
      const result = await sender.send(command.name, { ...addressOf(request), command: request.body })
      return answerCommand(result, events, request, reply)
    }
  })
  scope.route({
    ...routeOptions,
    method: 'GET',
    url,
    schema: statusSchema({ ...route, operationId: operationIds.take(`status_${aggregate}_${command.name}`) }),
    preValidation: withCheck(routeOptions),
    handler: async (request, reply) => {
      const outcome = await sender.find({ command: command.name, ...addressOf(request) })
      if (outcome === undefined) throw new OutcomeNotFoundError()
      return answerOutcome(outcome, events, request, reply)
    }
  })
}

/** The user's own preValidation hooks, and then the check. */
function withCheck ({ preValidation = [] }: RouteOptions, command?: CommandDefinition) {
  const check = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const faults = requestFaults(request, command)
    return faults.length === 0 ? undefined : sendProblem(reply, invalid(new CommandInvalidError([]).message, faults))
  }
  return [preValidation, check].flat()
}

/** Whatever has the form of a command and is none. A not-found handler would take the place of the user's. */
function addUnknown (scope: FastifyInstance, routeOptions: RouteOptions | undefined): void {
  const { schema: _told, ...rest } = mergeRouteOptions(routeOptions)
  const unknown = async (): Promise<never> => { throw new UnknownCommandError() }
  scope.route({
    ...rest,
    method: ['GET', 'POST'],
    url: '/:aggregate/:command/:comId',
    schema: { hide: true } as object,
    // Before the body is read: what is wrong with it is of no interest.
    onRequest: [rest.onRequest ?? [], unknown].flat(),
    handler: unknown
  })
}

/** A name that is misspelt would leave a route without its hooks. */
function checkNames ({ senders, routes = {}, routeOptions }: RoutesOptions): void {
  checkOwned('routeOptions', routeOptions)
  for (const [aggregate, settings] of Object.entries(routes)) {
    const sender = senders.find(({ commands }) => commands.name === aggregate)
    if (sender === undefined) throw unknownName(`routes.${aggregate}`, senders.map(({ commands }) => commands.name))
    if (settings === false || settings === undefined) continue
    checkKeys(`routes.${aggregate}`, settings, ['events', 'routeOptions', 'commands'])
    checkOwned(`routes.${aggregate}.routeOptions`, settings.routeOptions)
    for (const [command, ofCommand] of Object.entries(settings.commands ?? {})) {
      const name = `routes.${aggregate}.commands.${command}`
      if (!Object.hasOwn(sender.commands.commands, command)) throw unknownName(name, Object.keys(sender.commands.commands))
      if (ofCommand === false || ofCommand === undefined) continue
      checkKeys(name, ofCommand, ['events', 'routeOptions'])
      checkOwned(`${name}.routeOptions`, ofCommand.routeOptions)
    }
  }
}

function checkKeys (name: string, settings: object, known: readonly string[]): void {
  for (const key of Object.keys(settings)) {
    if (!known.includes(key)) throw unknownName(`${name}.${key}`, known)
  }
}

function checkOwned (name: string, options: RouteOptions | undefined): void {
  const owned = options === undefined ? undefined : ownedOption(options)
  if (owned !== undefined) throw new UnknownSettingError(`${name}.${owned}`, 'the routes have their own')
}

function unknownName (name: string, known: readonly string[]): Error {
  return new UnknownSettingError(name, `expected one of ${known.join(', ')}`)
}

/** Operation ids that are each given out once. */
class OperationIds {
  readonly #taken = new Set<string>()

  take (wanted: string): string {
    let id = wanted
    while (this.#taken.has(id)) id += '_'
    this.#taken.add(id)
    return id
  }
}
