import { NEW_EVENTS, versionsFor } from '../bank.js'
import type { Block, Case, Facts } from '../facts.js'
import { fingerprint } from '../identity.js'
import { placeOf } from '../rule.js'
import type { Rule, Violation } from '../rule.js'
import { field } from '../streams.js'

/** Nobody but clients and the storm brings commands in, and nobody but a worker, for a command, an outcome. */
export const invented: Rule = {
  name: 'invented',
  says: 'every command was sent by a client, and every outcome is that of a command in the command stream',
  check: ({ cases }) => [...cases.values()].flatMap(known => [
    ...known.sent.filter(sent => !sent.planted && !wasAsked(known, sent.event.type, sent.event.data)).map(({ event }): Violation => ({
      rule: 'invented', message: `The command ${event.type} was sent by nobody`, evidence: { ...placeOf(known), place: event.revision }
    })),
    ...known.blocks.filter(() => known.sent.length === 0).map((): Violation => ({
      rule: 'invented', message: 'An outcome of a command that is not in the command stream', evidence: placeOf(known)
    }))
  ])
}

function wasAsked ({ requests }: Case, command: string, body: unknown): boolean {
  const print = fingerprint(body)
  return requests.some(request => request.method === 'POST' && request.command === command && fingerprint(request.body) === print)
}

/** P1. */
export const lost: Rule = {
  name: 'lost',
  says: 'every command in the command stream has an outcome, or is parked',
  check: facts => unfinished(facts).filter(({ known, parked }) => !parked && !mayBeForgotten(facts, known)).map(({ known }) => ({
    rule: 'lost', message: 'A command without an outcome that is not parked either', evidence: placeOf(known)
  }))
}

/** P6: what is parked is left to another version, and only that. */
export const parked: Rule = {
  name: 'parked',
  says: 'only what no worker of the last fleet can decide stays parked: unknown commands, bodies that do not fit, aggregates that a foreign event has closed',
  check: facts => unfinished(facts).filter(({ known, parked }) => parked && isDecidable(facts, known) && !mayBeForgotten(facts, known)).map(({ known }) => ({
    rule: 'parked', message: 'A command is parked that a worker could decide', evidence: placeOf(known)
  }))
}

/** Commands without an outcome, and whether the group has parked them. */
export function unfinished ({ cases, parked }: Facts): { known: Case, parked: boolean }[] {
  return [...cases.values()].filter(({ sent, blocks }) => sent.length > 0 && blocks.length === 0).map(known => ({
    known,
    parked: known.sent.some(({ event }) => parked.get(known.type)!.has(event.revision))
  }))
}

/**
 * A server takes two messages of one id that it has delivered at the same time for one, and may forget either when a worker dies or parks the other:
 * where nobody sweeps it is promised to nobody that both are decided (docs/delivery-semantics.md, "One id for two commands").
 */
export function mayBeForgotten ({ setting, shared }: Facts, { type, comId }: Case): boolean {
  return !setting.swept && shared.has(`${type}/${comId}`)
}

/** By the workers that were left: the old version knows less, and one old worker parks again what a new one might have decided. */
function isDecidable ({ lives, lines, settled }: Facts, known: Case): boolean {
  const line = lines.get(`${known.type}/${known.aggId}`)
  const left = lives.filter(({ role, ended }) => role === 'worker' && (ended === undefined || ended > (settled?.at ?? Infinity)))
  if (line?.closed === true || left.length === 0) return false
  const version = left.every(({ version }) => version === 'new') ? 'new' : 'old'
  const news = line?.parts.some(part => 'events' in part && part.events.some(({ type }) => NEW_EVENTS.includes(type))) === true
  if (version === 'old' && news) return false
  return known.sent.some(({ event }) => versionsFor(known.type, event.type, event.data).includes(version))
}

/** All events that the command has, from its first to its last. */
export function isWhole ({ events, count }: Block): boolean {
  const index = field(events[0]!.metadata, 'index')
  return events.length === count && (index === 0 || index === undefined)
}

/** P2: all events of a command, in one append. */
export const torn: Rule = {
  name: 'torn',
  says: 'the events of a command stand side by side, from the first to the last',
  check: ({ cases }) => [...cases.values()].flatMap(known => known.blocks.filter(block => !isWhole(block)).map(block => ({
    rule: 'torn' as const,
    message: `${block.events.length} events of a command that has ${block.count}`,
    evidence: { ...placeOf(known), revisions: block.events.map(({ revision }) => revision) }
  })))
}

/** P2: no outcome twice. */
export const doubled: Rule = {
  name: 'doubled',
  says: 'a command has one outcome, and that stands once',
  check: ({ cases }) => [...cases.values()].flatMap(known => repeated(known).map(status => ({
    rule: 'doubled' as const, message: `A command ${status} more than once`, evidence: placeOf(known)
  })))
}

function repeated ({ aggId, blocks }: Case): string[] {
  // Without an aggregate there is no stream to look into: its failure is written again when the command comes again.
  const whole = aggId === '' ? [] : blocks.filter(isWhole)
  return ['succeeded', 'refused', 'failed'].filter(status => whole.filter(({ verdict }) => verdict.status === status).length > 1)
}

/** P2: nor two that differ. */
export const contradicted: Rule = {
  name: 'contradicted',
  says: 'no refusal and no failure stands beside a success, nor one beside the other',
  check: ({ cases }) => [...cases.values()].flatMap(known => {
    const told = new Set(known.blocks.filter(isWhole).map(({ verdict }) => verdict.status))
    return told.size < 2
      ? []
      : [{ rule: 'contradicted' as const, message: `A command ${[...told].join(' and ')}`, evidence: placeOf(known) }]
  })
}
