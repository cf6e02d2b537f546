import type { FastifyRequest } from 'fastify'
import type { CommandDefinition, Fault } from '../definition/index.js'
import { parseId, parseUuid } from '../definition/uuid.js'

/** A fault of a request, and which part of it is at fault. */
export interface RequestFault extends Fault {
  readonly in: 'body' | 'path' | 'query'
}

/** The body cannot be read as JSON. */
export class UnreadableBodyError extends Error {
  readonly statusCode = 400
  readonly fault: RequestFault

  constructor (message: string) {
    super('The body is no JSON')
    this.fault = { in: 'body', pointer: '', rule: 'json', message }
  }
}

/** The body cannot be read, and its header says that it is compressed. */
export class EncodedBodyError extends Error {
  readonly statusCode = 415
  readonly code = 'UNISTREAM_MEDIA_TYPE'
}

/** The command that a request is about, its ids as the store spells them. */
export interface Addressed {
  readonly comId: string
  readonly aggId: string
}

/** The ids of a request that has no faults. */
export function addressOf (request: FastifyRequest): Addressed {
  const { comId } = request.params as { comId: string }
  const { aggId } = request.query as { aggId: string }
  return { comId: comId.toLowerCase(), aggId: aggId.toLowerCase() }
}

/** All faults of a request: of its ids and, where a command is given, of its body. */
export function requestFaults (request: FastifyRequest, command?: CommandDefinition): RequestFault[] {
  const { comId } = request.params as { comId: unknown }
  const { aggId } = request.query as { aggId?: unknown }
  const faults = [...idFaults('path', 'comId', comId), ...idFaults('query', 'aggId', aggId)]
  if (command === undefined) return faults
  if (request.body === undefined) {
    return [...faults, { in: 'body', pointer: '', rule: 'required', message: 'is missing: the command is sent as JSON' }]
  }
  return [...faults, ...command.check(request.body).map((fault): RequestFault => ({ in: 'body', ...fault }))]
}

function idFaults (place: 'path' | 'query', name: string, value: unknown): RequestFault[] {
  if (parseId(value) !== undefined) return []
  const fault = (rule: string, message: string): RequestFault[] => [{ in: place, pointer: `/${name}`, rule, message }]
  if (value === undefined) return fault('required', 'is missing')
  if (Array.isArray(value)) return fault('type', 'must be given once')
  return parseUuid(value) === undefined ? fault('format', 'must be a UUID') : fault('not', 'must not be the nil UUID')
}
