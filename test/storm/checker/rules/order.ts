import type { FaultName } from '../../history.js'
import { isFinal } from '../facts.js'
import type { Case, Facts } from '../facts.js'
import { placeOf } from '../rule.js'
import type { Rule, Violation } from '../rule.js'
import { Periods } from '../periods.js'
import { AFTERMATH } from '../troubles.js'

/**
 * P3. Two things must hold of the outcomes of one aggregate:
 *
 * - A command that was sent after the outcome of another had been told to anyone stands behind it, whatever breaks.
 * - Of two commands in the command stream the earlier one stands first, if the delivery of the earlier one was undisturbed: from its first
 *   request to its first answer that told the outcome, and for the workers' message time-out and {@link AFTERMATH} before, there was no
 *   fault that makes the store deliver again or elsewhere, and no worker and no store came or went.
 */
export const order: Rule = {
  name: 'order',
  says: 'the commands of an aggregate are decided in the order of the command stream where nothing disturbed the delivery, and never before what was answered earlier',
  check: facts => ordered(facts).violations
}

/** The others leave alone which worker gets what, and when: they touch answers to senders, links, ids and callers. */
const HARMLESS: readonly FaultName[] = ['ids_forgotten', 'links_held']

interface Decided {
  readonly known: Case
  /** In the command stream. */
  readonly place: number
  /** In the aggregate's stream. */
  readonly revision: number
  readonly start: number
  /** When its outcome was first told. */
  readonly told: number
}

/** The violations, and of how many commands the order of the stream was held against what was decided. */
export function ordered (facts: Facts): { violations: Violation[], undisturbed: number } {
  const disturbed = disturbances(facts)
  const lines = new Map<string, Decided[]>()
  for (const known of facts.cases.values()) {
    const decided = decidedOf(known)
    if (decided === undefined) continue
    const line = `${known.type}/${known.aggId}`
    const others = lines.get(line)
    if (others === undefined) lines.set(line, [decided])
    else others.push(decided)
  }
  const violations: Violation[] = []
  let undisturbed = 0
  for (const line of lines.values()) {
    violations.push(...beforeTheAnswered(line))
    const calm = line.filter(({ start, told }) => told !== Infinity && !disturbed.touch(start, told))
    undisturbed += calm.length
    violations.push(...outOfStreamOrder(line, new Set(calm)))
  }
  return { violations, undisturbed }
}

function decidedOf (known: Case): Decided | undefined {
  const { sent, blocks, requests } = known
  const block = blocks.find(({ events }) => events[0]!.stream === `${known.type}-${known.aggId}`)
  if (block === undefined || sent.length === 0) return undefined
  const asked = requests.find(({ method }) => method === 'POST')
  return {
    known,
    place: sent[0]!.event.revision,
    revision: block.events[0]!.revision,
    // What the storm put there has come at any time.
    start: asked === undefined || sent.some(({ planted }) => planted) ? 0 : asked.start,
    told: Math.min(Infinity, ...requests.filter(isFinal).map(({ end }) => end))
  }
}

function * beforeTheAnswered (line: readonly Decided[]): Generator<Violation> {
  const told = line.filter(({ told }) => told !== Infinity).sort((a, b) => a.told - b.told)
  let next = 0
  let last: Decided | undefined
  for (const decided of [...line].sort((a, b) => a.start - b.start)) {
    for (; next < told.length && told[next]!.told < decided.start; next++) {
      if (last === undefined || told[next]!.revision > last.revision) last = told[next]
    }
    if (last !== undefined && decided.revision < last.revision) yield wrong('A command stands before one that was answered before it was sent', decided, last)
  }
}

function * outOfStreamOrder (line: readonly Decided[], calm: ReadonlySet<Decided>): Generator<Violation> {
  let first: Decided | undefined
  for (const decided of [...line].sort((a, b) => b.place - a.place)) {
    if (first !== undefined && calm.has(decided) && first.revision < decided.revision) {
      yield wrong('A command was decided before an earlier one of the command stream, and nothing disturbed the delivery', first, decided)
    }
    if (first === undefined || decided.revision < first.revision) first = decided
  }
}

function wrong (message: string, early: Decided, late: Decided): Violation {
  return { rule: 'order', message, evidence: { ...placeOf(early.known), other: placeOf(late.known) } }
}

/** When the store may deliver again, late, or to another worker. */
function disturbances ({ faults, lives, setting }: Facts): Periods {
  const after = setting.messageTimeout + AFTERMATH
  const periods = new Periods()
  for (const { name, start, end } of faults) {
    if (!HARMLESS.includes(name)) periods.add(start, end + after)
  }
  for (const { role, started, ready, toldToStop, ended } of lives) {
    if (role === 'sender') continue
    periods.add(started, (ready ?? ended ?? started) + after)
    if (toldToStop !== undefined || ended !== undefined) periods.add(toldToStop ?? ended!, (ended ?? Infinity) + after)
  }
  return periods
}
