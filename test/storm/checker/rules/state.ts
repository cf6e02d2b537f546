import { cents, decide, evolve, moved, NEW_EVENTS, NOTHING, versionsFor } from '../bank.js'
import type { Data, Decision, State } from '../bank.js'
import { caseKey } from '../facts.js'
import type { Block, Case, Facts, Line } from '../facts.js'
import { alike } from '../identity.js'
import { placeOf } from '../rule.js'
import type { Rule, Violation } from '../rule.js'
import { isWhole } from './outcomes.js'

/** P4 and P5: each outcome is one that the bank's rules give to its command, on the state that all events before it give. */
export const state: Rule = {
  name: 'state',
  says: 'every outcome is what the rules give on the state that the stream before it gives, and none stands behind an event that nobody knows',
  check: facts => [...[...facts.lines.values()].flatMap(line => [...replayed(facts, line)]), ...beside(facts)]
}

/** No stream is tombstoned in a storm: only what names no aggregate may fail beside the aggregates' streams. */
function beside ({ cases }: Facts): Violation[] {
  return [...cases.values()].filter(({ type, aggId, blocks }) => aggId !== '' && blocks.some(({ events }) => events[0]!.stream === `${type}-Fail`))
    .map(known => ({ rule: 'state', message: 'A failure beside the stream of an aggregate that has one', evidence: placeOf(known) }))
}

function * replayed ({ cases, lives }: Facts, line: Line): Generator<Violation> {
  let now = NOTHING
  let closed = false
  let knownTo: readonly string[] = lives.some(({ version }) => version === 'new') ? ['old', 'new'] : ['old']
  for (const part of line.parts) {
    if ('planted' in part) {
      closed ||= part.planted.what === 'closing'
      continue
    }
    const known = cases.get(caseKey(line.type, line.aggId, part.comId))!
    const before = now
    const wrong = (message: string): Violation => ({
      rule: 'state', message, evidence: { ...placeOf(known), revision: part.events[0]!.revision, before, verdict: part.verdict }
    })
    if (closed) yield wrong('An outcome behind an event that nobody knows')
    for (const { type, data } of part.events) {
      if (part.verdict.status !== 'succeeded') continue
      const next = evolve(line.type, now, type, data as Data)
      if (next === undefined) yield wrong(`An event that no rule gives: ${type}`)
      else now = next
      if (NEW_EVENTS.includes(type)) knownTo = ['new']
    }
    // What is torn, or of no command, others tell.
    if (closed || !isWhole(part) || known.sent.length === 0) continue
    const versions = part.events.some(({ type }) => NEW_EVENTS.includes(type)) ? ['new'] : knownTo
    if (!isRight(known, part, before, versions)) yield wrong('An outcome that the rules do not give on this state')
  }
}

function isRight (known: Case, block: Block, before: State, versions: readonly string[]): boolean {
  const sent = known.sent.filter(({ event, fingerprint }) =>
    (block.command === undefined || event.type === block.command) && (block.fingerprint === undefined || fingerprint === block.fingerprint))
  const { verdict } = block
  if (verdict.status === 'failed') {
    // Whoever is near a poison when it strikes is delivered again as often, and is none.
    if (verdict.code === 'POISON') return sent.some(({ event: { type } }) => type === 'Poison')
    return verdict.code === 'UNREADABLE_COMMAND' && sent.some(({ event: { data } }) => data === null || typeof data !== 'object' || data instanceof Uint8Array)
  }
  return sent.some(({ event }) => versionsFor(known.type, event.type, event.data)
    .filter(version => versions.includes(version))
    .some(version => agrees(block, decide(known.type, event.type, {
      state: before, data: event.data as Data, aggId: known.aggId, created: event.created, version
    }))))
}

function agrees ({ verdict, events }: Block, decision: Decision): boolean {
  if (decision === 'deadly') return false
  if ('refused' in decision) return verdict.status === 'refused' && verdict.code === decision.refused
  return verdict.status === 'succeeded' && events.length === decision.events.length &&
    decision.events.every(({ type, data }, index) =>
      type === events[index]!.type && alike(withoutBalance(type, data), withoutBalance(type, events[index]!.data as Data)))
}

/** What is told of the balance is held against the sums below. */
function withoutBalance (type: string, { balance, ...data }: Data): Data {
  return type === 'LimitSetted' ? { balance, ...data } : data
}

/** The money: what comes of it when somebody counts it. */
export const balances: Rule = {
  name: 'balances',
  says: 'each event tells the balance that the one before it and its amount give, and the sum over all accounts is the one that the answers give',
  check: facts => [...[...facts.lines.values()].flatMap(line => [...miscounted(line)]), ...wrongSum(facts)]
}

function * miscounted (line: Line): Generator<Violation> {
  let told = 0
  for (const { type, data, revision, stream } of eventsOf(line)) {
    const step = effect(type, data as Data)
    const balance = (data as Data)?.balance
    if (step === undefined || balance === undefined) continue
    const right = step.sets ?? told + step.adds
    if (cents(balance) !== right) {
      yield {
        rule: 'balances',
        message: `An event tells a balance of ${cents(balance) / 100}, where ${right / 100} is right`,
        evidence: { stream, revision, type, data }
      }
    }
    told = cents(balance)
  }
}

/** Sums of money in cents: over the last balances in the streams, and by what clients asked for and were told. */
export function sums (facts: Facts): { streams: number, answered: number, unanswered: number } {
  let streams = 0
  for (const line of facts.lines.values()) {
    let told = 0
    for (const { data } of eventsOf(line)) {
      const { balance } = (data ?? {}) as Data
      if (balance !== undefined) told = cents(balance)
    }
    streams += told
  }
  let answered = 0
  let unanswered = 0
  for (const { requests, blocks } of facts.cases.values()) {
    const success = requests.find(({ method, answer }) => method === 'POST' && answer.kind === 'answered' && answer.status === 201)
    if (success !== undefined) {
      answered += moved(success.command, success.body)
      continue
    }
    const block = blocks.find(({ verdict }) => verdict.status === 'succeeded')
    for (const { type, data } of block?.events ?? []) {
      const step = effect(type, data as Data)
      unanswered += step?.sets ?? step?.adds ?? 0
    }
  }
  return { streams, answered, unanswered }
}

function wrongSum (facts: Facts): Violation[] {
  const { streams, answered, unanswered } = sums(facts)
  return streams === answered + unanswered
    ? []
    : [{
        rule: 'balances',
        message: `All accounts hold ${streams / 100}, and by the answers ${(answered + unanswered) / 100}`,
        evidence: { streams, answered, unanswered }
      }]
}

function effect (type: string, data: Data): { adds: number, sets?: number } | undefined {
  if (['DepositFinished', 'TransferInFinished', 'InterestPaid'].includes(type)) return { adds: cents(data.amount) }
  if (['WithdrawFinished', 'TransferOutFinished'].includes(type)) return { adds: -cents(data.amount) }
  return type === 'LimitSetted' ? { adds: 0, sets: cents(data.balance) } : undefined
}

function eventsOf (line: Line) {
  return line.parts.flatMap(part => 'planted' in part || part.verdict.status !== 'succeeded' ? [] : part.events)
}
