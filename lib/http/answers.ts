import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CommandKey, Failed, Outcome, Refused, Succeeded } from '../outcome/index.js'
import type { SendResult } from '../sender/contract.js'
import { addressOf } from './faults.js'
import { problem, sendProblem } from './problem.js'
import type { Problem } from './problem.js'

/** Seconds after which it is worth while to ask again for an outcome that is still open. */
const RETRY_AFTER = '1'

/** Answers a command that was sent. */
export function answerCommand ({ outcome, replayed }: SendResult, withEvents: boolean, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (replayed) reply.header('idempotency-replayed', 'true')
  switch (outcome.status) {
    case 'succeeded':
      return reply.code(201).header('location', locationOf(request)).send(success(outcome, withEvents))
    case 'open':
      return answerOpen(outcome, request, reply)
    case 'refused':
      return sendProblem(reply, unsuccessful(422, outcome))
    case 'failed':
      return sendProblem(reply, unsuccessful(500, outcome))
  }
}

/** Answers the question what has become of a command. */
export function answerOutcome (outcome: Outcome, withEvents: boolean, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (outcome.status === 'open') return answerOpen(outcome, request, reply)
  const { status } = outcome
  return reply.code(200).send({ status, ...status === 'succeeded' ? success(outcome, withEvents) : outcome })
}

function answerOpen ({ status, aggregate, aggId, comId }: Outcome, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(202)
    .header('location', locationOf(request))
    .header('retry-after', RETRY_AFTER)
    .send({ status, aggregate, aggId, comId })
}

function success ({ aggregate, aggId, comId, revision, events }: Succeeded, withEvents: boolean): object {
  const place = Number(revision)
  return { aggregate, aggId, comId, revision: Number.isSafeInteger(place) ? place : String(revision), ...withEvents && { events } }
}

function unsuccessful (status: number, { aggregate, aggId, comId, code, message, details }: Refused | Failed): Problem & CommandKey & { details?: unknown } {
  return { ...problem(status, code, message), aggregate, aggId, comId, ...details !== undefined && { details } }
}

/** The status resource of the command: the caller's own path to it, whatever prefixes it has, with the ids spelled as the store does. */
function locationOf (request: FastifyRequest): string {
  const { comId, aggId } = addressOf(request)
  const [path] = request.originalUrl.split('?', 1)
  return `${path!.slice(0, path!.lastIndexOf('/'))}/${comId}?aggId=${aggId}`
}
