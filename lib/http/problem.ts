import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CommandInvalidError } from '../errors.js'
import type { RequestFault } from './faults.js'
import { requestFaults, UnreadableBodyError } from './faults.js'

/** An error as the caller sees it, by RFC 9457. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  errors?: readonly RequestFault[]
}

const PROBLEM_JSON = 'application/problem+json'
const CODE = /^[A-Z][A-Z0-9_]*$/
const OURS = 'UNISTREAM_'

/** What Fastify says of a body, in our own words. */
const BODY_FAULTS: Readonly<Record<string, { code: string, detail: string, rule: string, message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'UNISTREAM_COMMAND_TOO_LARGE', detail: 'The body is too large', rule: 'size', message: 'is larger than this server takes'
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'UNISTREAM_MEDIA_TYPE', detail: 'The body is of another media type', rule: 'mediaType', message: 'must be sent as application/json'
  },
  UNISTREAM_MEDIA_TYPE: {
    code: 'UNISTREAM_MEDIA_TYPE', detail: 'The body is encoded', rule: 'contentEncoding', message: 'must be sent as it is, without content-encoding'
  },
  UNISTREAM_COMMAND_TOO_LARGE: {
    code: 'UNISTREAM_COMMAND_TOO_LARGE', detail: 'The command is too large', rule: 'size', message: 'is larger than what can be stored'
  },
}

/** A problem document. Its type says no more than the status does: the code is what programs go by. */
export function problem (status: number, code: string, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status]!, status, detail, code }
}

export function sendProblem (reply: FastifyReply, document: Problem): FastifyReply {
  return reply.code(document.status).type(PROBLEM_JSON).send(document)
}

/** Answers whatever was thrown within the routes: by their handlers, by Fastify, or by the user's own hooks. */
export function answerError (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { headers, retryAfter } = error as { headers?: Record<string, string>, retryAfter?: number }
  if (headers !== undefined) reply.headers(headers)
  const document = problemOf(error, reply.statusCode, request)
  if (document.status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', String(retryAfter ?? 1))
  log(error, document, request)
  return sendProblem(reply, document)
}

function problemOf (error: unknown, replied: number, request: FastifyRequest): Problem {
  const { statusCode, code, message } = error as Partial<{ statusCode: number, code: string, message: string }>
  if (error instanceof CommandInvalidError) return invalid(error.message, error.faults.map((fault) => ({ in: 'body', ...fault })))
  if (error instanceof UnreadableBodyError) return invalid(error.message, [...requestFaults(request), error.fault])
  const status = statusOf(statusCode ?? replied)
  const body = Object.hasOwn(BODY_FAULTS, code ?? '') ? BODY_FAULTS[code!] : undefined
  if (body !== undefined) {
    const { rule, message } = body
    return { ...problem(status, body.code, body.detail), errors: [...requestFaults(request), { in: 'body', pointer: '', rule, message }] }
  }
  const safe = status < 500 || code?.startsWith(OURS)
  return safe
    ? problem(status, code !== undefined && CODE.test(code) ? code : phrase(status), message || STATUS_CODES[status]!)
    : problem(status, status === 500 ? 'UNISTREAM_INTERNAL' : phrase(status), 'The server could not answer this request')
}

/** All that is wrong with a request. */
export function invalid (detail: string, faults: readonly RequestFault[]): Problem {
  return { ...problem(400, 'UNISTREAM_COMMAND_INVALID', detail), errors: faults }
}

function statusOf (status: number): number {
  return status >= 400 && status in STATUS_CODES ? status : 500
}

function phrase (status: number): string {
  return STATUS_CODES[status]!.toUpperCase().replace(/[^A-Z]+/g, '_')
}

function log (error: unknown, { status, code }: Problem, request: FastifyRequest): void {
  if (code.startsWith(OURS) && status !== 500) request.log.info({ code }, 'Request refused')
  else if (status < 500) request.log.info({ err: error }, 'Request refused')
  else request.log.error({ err: error }, 'Request failed')
}
