import type { Request } from '../../history.js'
import { versionsFor } from '../bank.js'
import { isFinal, isOf } from '../facts.js'
import type { Block, Case, Facts } from '../facts.js'
import { alike, fingerprint } from '../identity.js'
import { placeOf } from '../rule.js'
import type { Rule } from '../rule.js'
import { field } from '../streams.js'
import { storeTroubles } from '../troubles.js'
import { isWhole } from './outcomes.js'

/** P8: and with it, that all answers to a command are alike. */
export const answers: Rule = {
  name: 'answers',
  says: 'every answer ever given to a command is the one outcome that stands in the streams, or says rightly that there is none for it',
  check: facts => {
    const uses = usesOf(facts)
    const calm = facts.settled?.since ?? Infinity
    const troubles = storeTroubles(facts)
    return [...facts.cases.values()].flatMap(known => {
      const told = known.requests.filter(isFinal)
      const stands = known.blocks.find(isWhole)
      /** That it is open is said of what stands in the command stream, or may do so, as far as the sender can know. */
      const unheld = ({ sent, blocks }: Case, { method, process, start, end, answer }: Request): string | undefined => {
        if (answer.kind !== 'answered' || answer.status !== 202 || sent.length > 0 || blocks.length > 0) return undefined
        if (method === 'POST' && (troubles.touch(process, start, end) || usedElsewhere(known, end, uses))) return undefined
        return 'open, though it stands in no stream, and nothing kept it from there'
      }
      /** When nothing is wrong any more, an outcome that was told once is told again, at the latest when its client asks again as it was told to. */
      const restless = (request: Request, finished: boolean): string | undefined => {
        const { start, answer, method, command } = request
        const isOpen = answer.kind === 'answered' && (answer.status === 202 || answer.status === 503)
        if (!finished || start < calm || !isOpen) return undefined
        const toldLater = told.some(other => other.start > start && other.method === method && other.command === command)
        return toldLater ? undefined : `${answer.status} in the calm, and nothing else later, though its outcome was told before`
      }
      return known.requests.flatMap(request => {
        const before = told.filter(({ end, command, method, body }) => end < request.start && command === request.command &&
          (method === 'GET' || request.method === 'GET' || fingerprint(body) === fingerprint(request.body)))
        const wrong = fault(request, stands, before.length > 0, uses) ?? unheld(known, request) ?? restless(request, before.length > 0)
        return wrong === undefined
          ? []
          : [{ rule: 'answers' as const, message: `${request.method} ${request.command}: ${wrong}`, evidence: { ...placeOf(known), request } }]
      })
    })
  }
}

/** For what a command id was sent, by type and id. */
type Uses = ReadonlyMap<string, readonly { readonly aggId: string, readonly from: number }[]>

function usesOf ({ cases }: Facts): Uses {
  const uses = new Map<string, { aggId: string, from: number }[]>()
  for (const { type, aggId, comId, requests, sent } of cases.values()) {
    const first = requests.find(({ method }) => method === 'POST')
    const from = sent.some(({ planted }) => planted) ? 0 : first?.start
    if (from !== undefined) uses.set(`${type}/${comId}`, [...uses.get(`${type}/${comId}`) ?? [], { aggId, from }])
  }
  return uses
}

/** What is wrong with an answer. */
function fault (request: Request, stands: Block | undefined, finished: boolean, uses: Uses): string | undefined {
  const { answer, method } = request
  if (answer.kind !== 'answered') return undefined
  const { status, body, headers } = answer
  switch (status) {
    case 202:
      if (field(body, 'status') !== 'open' || headers.location === undefined || headers['retry-after'] === undefined) return 'a 202 that does not tell how to go on'
      return finished && method === 'GET' ? 'open, though its outcome was told before' : undefined
    case 503: {
      const codes = ['UNISTREAM_OVERLOADED', 'UNISTREAM_STORE_UNAVAILABLE', 'UNISTREAM_CLOSING']
      return codes.includes(String(field(body, 'code'))) && headers['retry-after'] !== undefined ? undefined : 'a 503 without its code or Retry-After'
    }
    case 409: return method === 'POST' ? wrongReuse(request, stands, uses) : 'a status that it has not'
    case 404:
      if (method === 'POST' || field(body, 'code') !== 'UNISTREAM_OUTCOME_NOT_FOUND') return 'a status that it has not'
      return finished ? 'unknown, though its outcome was told before' : undefined
    case 400: return versionsFor(request.type, request.command, request.body).length > 0 || method === 'GET' ? 'invalid, though it fits' : undefined
    case 200: return method === 'GET' ? wrongOutcome(request, String(field(body, 'status')), body, stands) : 'a status that it has not'
    case 201: return method === 'POST' ? wrongOutcome(request, 'succeeded', body, stands) : 'a status that it has not'
    case 422: return method === 'POST' ? wrongOutcome(request, 'refused', body, stands) : 'a status that it has not'
    case 500: return method === 'POST' && isFinal(request) ? wrongOutcome(request, 'failed', body, stands) : 'an error of the inside'
    default: return `an unexpected status ${status}`
  }
}

/** Whether the id was used for another aggregate before that moment. */
function usedElsewhere ({ type, aggId, comId }: Pick<Case, 'type' | 'aggId' | 'comId'>, end: number, uses: Uses): boolean {
  return uses.get(`${type}/${comId}`)?.some(use => use.aggId !== aggId && use.from < end) === true
}

function wrongReuse ({ type, aggId, comId, end, ...request }: Request, stands: Block | undefined, uses: Uses): string | undefined {
  if (usedElsewhere({ type, aggId: aggId.toLowerCase(), comId: comId.toLowerCase() }, end, uses)) return undefined
  return stands !== undefined && !isOf({ type, aggId, comId, end, ...request }, stands) ? undefined : 'reused, though the id was used for nothing else'
}

function wrongOutcome (request: Request, status: string, body: unknown, stands: Block | undefined): string | undefined {
  if (stands === undefined) return `${status}, and no outcome stands in the streams`
  if (!isOf(request, stands)) return 'the outcome of another command under its id'
  const { verdict } = stands
  if (verdict.status !== status) return `${status}, though it ${verdict.status}`
  const ids = [['aggregate', request.type], ['aggId', request.aggId.toLowerCase()], ['comId', request.comId.toLowerCase()]] as const
  for (const [name, right] of ids) {
    if (field(body, name) !== right) return `its ${name} is not that of the command`
  }
  if (verdict.status === 'succeeded') {
    if (field(body, 'revision') !== verdict.revision) return `revision ${String(field(body, 'revision'))}, though it stands at ${verdict.revision}`
    const events = field(body, 'events')
    const standing = stands.events.map(({ type, data }) => ({ type, data }))
    return events === undefined || alike(events, standing) ? undefined : 'its events are not those that stand'
  }
  const message = field(body, request.method === 'POST' ? 'detail' : 'message')
  const same = field(body, 'code') === verdict.code && message === verdict.message && alike(field(body, 'details') ?? null, verdict.details ?? null)
  return same ? undefined : 'its code, message or details are not those that stand'
}

/** Answers that told the outcome, by case: for the counts. */
export function toldCases ({ cases }: Facts): readonly Case[] {
  return [...cases.values()].filter(({ requests }) => requests.some(isFinal))
}
