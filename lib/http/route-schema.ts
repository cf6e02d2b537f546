import type { TSchema } from '@sinclair/typebox'
import type { FastifySchema } from 'fastify'
import type { CommandDefinition } from '../definition/index.js'
import type { RouteDocumentation } from './route-options.js'
import { invalid, open, params, problem, querystring, reference, settled, succeeded, unsuccessful } from './schemas.js'

const replayed = { 'Idempotency-Replayed': { type: 'string', enum: ['true'], description: 'Set where the outcome stood before this request' } }
const location = { Location: { type: 'string', description: 'The status resource of the command' } }
const retryAfter = { 'Retry-After': { type: 'integer', description: 'Seconds after which it is worth while to ask again' } }

/** How the route that takes a command is described. */
export function commandSchema (
  aggregate: string, command: CommandDefinition, operationId: string, withEvents: boolean, told: RouteDocumentation = {}
): FastifySchema {
  return described({
    operationId,
    tags: told.tags ?? [aggregate],
    summary: command.summary ?? words(command.name),
    description: command.description,
    params: params(aggregate, command.name),
    querystring: querystring(aggregate),
    body: command.schema,
    response: {
      201: { ...succeeded(withEvents), description: 'The command has succeeded', headers: { ...location, ...replayed } },
      202: openAnswer,
      400: problemAnswer(invalid, 'The request does not fit: `errors` has all its faults, and nothing was stored'),
      404: problemAnswer(problem, 'There is no such aggregate type or command'),
      409: problemAnswer(problem, 'This command id was used for something else'),
      413: problemAnswer(invalid, 'The command is too large to store'),
      415: problemAnswer(invalid, 'The body is not sent as `application/json`'),
      422: problemAnswer(unsuccessful, 'A rule refused the command: `code` and `detail` are the rule\'s', replayed),
      429: problemAnswer(problem, 'Too many requests', retryAfter),
      500: problemAnswer([unsuccessful, problem], 'The command can never be processed, or the server has failed', replayed),
      503: unavailableAnswer,
    }
  }, told)
}

/** How the status resource of a command is described. */
export function statusSchema (
  aggregate: string, command: CommandDefinition, operationId: string, withEvents: boolean, told: RouteDocumentation = {}
): FastifySchema {
  return described({
    operationId,
    tags: told.tags ?? [aggregate],
    summary: `${command.summary ?? words(command.name)}: what has become of it`,
    params: params(aggregate, command.name),
    querystring: querystring(aggregate),
    response: {
      200: { ...settled(withEvents), description: 'The outcome' },
      202: openAnswer,
      400: problemAnswer(invalid, 'The ids do not fit: `errors` has all faults'),
      404: problemAnswer(problem, 'Nothing is known of this command'),
      409: problemAnswer(problem, 'This command id was used for something else'),
      429: problemAnswer(problem, 'Too many requests', retryAfter),
      500: problemAnswer(problem, 'The server has failed'),
      503: unavailableAnswer,
    }
  }, told)
}

const openAnswer = {
  description: 'The outcome is still open: ask again with the same command id',
  headers: { ...location, ...retryAfter },
  content: { 'application/json': { schema: reference(open) } }
}

const unavailableAnswer = problemAnswer(problem, 'Too much is in flight, the store is away, or the server is closing', retryAfter)

function problemAnswer (schema: TSchema | TSchema[], description: string, headers?: object): object {
  const references = [schema].flat().map(reference)
  return {
    description,
    ...headers !== undefined && { headers },
    content: { 'application/problem+json': { schema: references.length === 1 ? references[0] : { anyOf: references } } }
  }
}

/** A schema without what nobody has said; some tools take `undefined` for a value. */
export function described (schema: object, { hide, deprecated, security }: RouteDocumentation): FastifySchema {
  const all = { ...schema, hide, deprecated, security }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** `CreateAccount` as people write it: Create account. */
function words (name: string): string {
  const spaced = name.replace(/_+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').trim()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1).replace(/\b[A-Z][a-z]/g, (start) => start.toLowerCase())
}
