import type { TSchema } from '@sinclair/typebox'
import type { FastifySchema } from 'fastify'
import type { CommandDefinition } from '../definition/index.js'
import { ClosingError, CommandIdReusedError, CommandInvalidError, OutcomeNotFoundError, UnknownCommandError } from '../errors.js'
import { problem as problemDocument } from './problem.js'
import type { RouteDocumentation } from './route-options.js'
import { exampleIds, invalid, open, params, problem, querystring, reference, settled, succeeded, unsuccessful } from './schemas.js'

const replayed = { 'Idempotency-Replayed': { type: 'string', enum: ['true'], description: 'Set where the outcome stood before this request' } }
const location = { Location: { type: 'string', description: 'The status resource of the command' } }
const retryAfter = { 'Retry-After': { type: 'integer', description: 'Seconds after which it is worth while to ask again' } }

/** A route that is described, and how. */
export interface DescribedRoute {
  readonly aggregate: string
  readonly command: CommandDefinition
  readonly operationId: string
  /** Whether answers have the command's events. */
  readonly events: boolean
  readonly told: RouteDocumentation
}

/** How the route that takes a command is described. */
export function commandSchema ({ aggregate, command, operationId, events, told }: DescribedRoute): FastifySchema {
  const key = { aggregate, ...exampleIds(aggregate, command.name) }
  return described({
    operationId,
    tags: told.tags ?? [aggregate],
    summary: command.summary ?? words(command.name),
    description: command.description,
    params: params(aggregate, command.name),
    querystring: querystring(aggregate),
    body: command.schema,
    response: {
      201: {
        description: 'The command has succeeded',
        headers: { ...location, ...replayed },
        content: { 'application/json': { schema: succeeded(events), example: { ...key, revision: 0, ...events && exampleEvents } } }
      },
      202: openAnswer(key),
      400: faultsAnswer(400, 'The request does not fit: `errors` has all its faults, and nothing was stored', new CommandInvalidError([]), [
        { in: 'path', pointer: '/comId', rule: 'format', message: 'must be a UUID' },
        { in: 'body', pointer: '/fieldName', rule: 'required', message: 'is missing' }
      ]),
      404: problemAnswer(404, 'There is no such aggregate type or command', new UnknownCommandError()),
      409: problemAnswer(409, 'This command id was used for something else', new CommandIdReusedError()),
      413: faultsAnswer(413, 'The command is too large to store', { code: 'UNISTREAM_COMMAND_TOO_LARGE', message: 'The command is too large' },
        [{ in: 'body', pointer: '', rule: 'size', message: 'is larger than what can be stored' }]),
      415: faultsAnswer(415, 'The body is not sent as `application/json`, or is compressed',
        { code: 'UNISTREAM_MEDIA_TYPE', message: 'The body is of another media type' },
        [{ in: 'body', pointer: '', rule: 'mediaType', message: 'must be sent as application/json' }]),
      422: answer([unsuccessful], 'A rule refused the command: `code` and `detail` are the rule\'s',
        { ...problemDocument(422, 'THE_CODE_OF_THE_RULE', 'What the rule says'), ...key }, replayed),
      429: tooManyAnswer,
      500: answer([unsuccessful, problem], 'The command can never be processed, or the server has failed',
        { ...problemDocument(500, 'DEFECT', 'The command cannot be processed'), ...key }, replayed),
      503: unavailableAnswer,
    }
  }, told)
}

/** How the status resource of a command is described. */
export function statusSchema ({ aggregate, command, operationId, events, told }: DescribedRoute): FastifySchema {
  const key = { aggregate, ...exampleIds(aggregate, command.name) }
  const example = { status: 'succeeded', ...key, revision: 0, ...events && exampleEvents }
  return described({
    operationId,
    tags: told.tags ?? [aggregate],
    summary: `${command.summary ?? words(command.name)}: what has become of it`,
    params: params(aggregate, command.name),
    querystring: querystring(aggregate),
    response: {
      200: { description: 'The outcome', content: { 'application/json': { schema: settled(events), example } } },
      202: openAnswer(key),
      400: faultsAnswer(400, 'The ids do not fit: `errors` has all faults', new CommandInvalidError([]),
        [{ in: 'query', pointer: '/aggId', rule: 'required', message: 'is missing' }]),
      404: problemAnswer(404, 'Nothing is known of this command', new OutcomeNotFoundError()),
      429: tooManyAnswer,
      500: problemAnswer(500, 'The server has failed', { code: 'UNISTREAM_INTERNAL', message: 'The server could not answer this request' }),
      503: unavailableAnswer,
    }
  }, told)
}

/** A schema without what nobody has said; some tools take `undefined` for a value. */
export function described (schema: object, { hide, deprecated, security }: RouteDocumentation): FastifySchema {
  const all = { ...schema, hide, deprecated, security }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

interface Said {
  readonly code: string
  readonly message: string
}

const exampleEvents = { events: [{ type: 'SomethingHappened', data: {} }] }

const tooManyAnswer = problemAnswer(429, 'Too many requests', { code: 'TOO_MANY_REQUESTS', message: 'Rate limit exceeded' }, retryAfter)
const unavailableAnswer = problemAnswer(503, 'Too much is in flight, the store is away, or the server is closing', new ClosingError(), retryAfter)

function openAnswer (key: object): object {
  return {
    description: 'The outcome is still open: ask again with the same command id',
    headers: { ...location, ...retryAfter },
    content: { 'application/json': { schema: reference(open), example: { status: 'open', ...key } } }
  }
}

function problemAnswer (status: number, description: string, { code, message }: Said, headers?: object): object {
  return answer([problem], description, problemDocument(status, code, message), headers)
}

function faultsAnswer (status: number, description: string, { code, message }: Said, errors: object[]): object {
  return answer([invalid], description, { ...problemDocument(status, code, message), errors })
}

function answer (schemas: TSchema[], description: string, example: object, headers?: object): object {
  const references = schemas.map(reference)
  const schema = references.length === 1 ? references[0] : { anyOf: references }
  return { description, ...headers !== undefined && { headers }, content: { 'application/problem+json': { schema, example } } }
}

/** `CreateAccount` as people write it: Create account. */
function words (name: string): string {
  const spaced = name.replace(/_+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2').trim()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1).replace(/\b[A-Z][a-z]/g, (start) => start.toLowerCase())
}
