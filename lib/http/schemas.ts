import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'
import { uuidV5 } from '../definition/uuid.js'

const uuid = (description: string) => Type.String({ format: 'uuid', description })

const aggId = uuid('The aggregate')
const comId = uuid('The command\'s own id')
const aggregate = Type.String({ description: 'The aggregate type' })
const revision = Type.Integer({ minimum: 0, description: 'The place of the command\'s last event in the aggregate\'s stream' })
const code = Type.String({ description: 'Stable: made for programs' })

export const events = Type.Array(
  Type.Object({ type: Type.String(), data: Type.Unknown() }), { description: 'What has happened, in order' })

/** Examples that stay the same, so that the commands of one page of documentation go together. */
const EXAMPLES = '8d8a1f6e-0b52-4a4f-9f4e-2f4d6c1f7a10'

/** The ids that the documentation has as examples, other ones for each command and each aggregate type. */
export function exampleIds (aggregate: string, command: string): { aggId: string, comId: string } {
  return { aggId: uuidV5(EXAMPLES, aggregate), comId: uuidV5(EXAMPLES, `${aggregate}.${command}`) }
}

/** Parameters of the path of a command. */
export function params (aggregate: string, command: string): TSchema {
  return Type.Object({
    comId: Type.String({
      format: 'uuid',
      description: 'The command\'s own id, chosen by the caller. Sent again with the same id, a command takes effect once',
      examples: [exampleIds(aggregate, command).comId]
    })
  })
}

/** Parameters of the query. */
export function querystring (aggregate: string): TSchema {
  return Type.Object({
    aggId: Type.String({ format: 'uuid', description: 'The aggregate that the command is for', examples: [exampleIds(aggregate, '').aggId] })
  })
}

const problemFields = {
  type: Type.String({ format: 'uri-reference' }),
  title: Type.String({ description: 'The status, in words' }),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String({ description: 'What is wrong, for people' }),
  code,
}

/** An error, by RFC 9457. */
export const problem = Type.Object(problemFields, { $id: 'UnistreamProblem', description: 'An error, by RFC 9457' })

/** An error of the request, with all its faults. */
export const invalid = Type.Object({
  ...problemFields,
  errors: Type.Array(Type.Object({
    in: Type.Union([Type.Literal('body'), Type.Literal('path'), Type.Literal('query')], { description: 'The part of the request' }),
    pointer: Type.String({ description: 'A JSON pointer to what is at fault in that part' }),
    rule: Type.String({ description: 'The rule that is broken' }),
    message: Type.String({ description: 'The same for people' }),
  }), { minItems: 1, description: 'All faults' })
}, { $id: 'UnistreamInvalidRequest', description: 'What of a request does not fit' })

/** A refusal or a failure as an error. */
export const unsuccessful = Type.Object({
  ...problemFields,
  aggregate,
  aggId,
  comId,
  details: Type.Optional(Type.Unknown({ description: 'What else the rule tells' })),
}, { $id: 'UnistreamUnsuccessfulCommand', description: 'A command that was refused by a rule, or that can never be processed' })

/** A command without an outcome as yet. */
export const open = Type.Object(
  { status: Type.Literal('open'), aggregate, aggId, comId },
  { $id: 'UnistreamOpenCommand', description: 'A command whose outcome is still open' })

/** Whether the loops stand. */
export const readiness = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(Type.String(), { description: 'Why not' }),
  warnings: Type.Array(Type.String(), { description: 'What needs somebody\'s eye though everything stands' })
}, { $id: 'UnistreamReadiness', description: 'Whether commands can be taken' })

/** Schemas that the routes refer to by their $id. */
export const shared: readonly TSchema[] = [problem, invalid, unsuccessful, open]

export function reference ({ $id }: Pick<TSchema, '$id'>): { $ref: string } {
  return { $ref: `${$id}#` }
}

/** A command that has succeeded. */
export function succeeded (withEvents: boolean): TSchema {
  return Type.Object({ aggregate, aggId, comId, revision, ...withEvents && { events } })
}

/** What has become of a command. */
export function settled (withEvents: boolean): TSchema {
  const unsuccessful = { aggregate, aggId, comId, code, message: Type.String(), details: Type.Optional(Type.Unknown()) }
  return Type.Union([
    Type.Object({ status: Type.Literal('succeeded'), aggregate, aggId, comId, revision, ...withEvents && { events } }),
    Type.Object({ status: Type.Literal('refused'), ...unsuccessful }),
    Type.Object({ status: Type.Literal('failed'), ...unsuccessful }),
  ])
}
