import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerError, invalid, sendProblem } from './problem.js'

/** What is wrong with a path for which Fastify looks up no route. */
const PATH_FAULTS: Readonly<Record<string, { readonly rule: string, readonly message: string }>> = {
  FST_ERR_BAD_URL: { rule: 'uri', message: 'is no path: each % must be followed by two hexadecimal digits, and they must make UTF-8' },
  FST_ERR_MAX_PARAM_LENGTH: { rule: 'maxLength', message: 'has a part that is longer than this server takes' },
}

/**
 * For Fastify's option `frameworkErrors`: answers requests whose path leads to no route, since it cannot be read or is too long, with
 * the problem document of any other bad request. Only the application can set this, since routes are not asked.
 *
 * @example fastify({ frameworkErrors })
 */
export function frameworkErrors (error: { readonly code: string, readonly message: string }, request: FastifyRequest, reply: FastifyReply): void {
  const fault = PATH_FAULTS[error.code]
  if (fault === undefined) {
    answerError(error, request, reply)
    return
  }
  request.log.info({ code: error.code }, 'Request refused')
  sendProblem(reply, invalid('The path of the request cannot be read', [{ in: 'path', pointer: '', ...fault }]))
}
