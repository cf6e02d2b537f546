import type { Entry } from '../history.js'
import { factsOf } from './facts.js'
import type { Facts } from './facts.js'
import type { Rule, Violation } from './rule.js'
import { answers, toldCases } from './rules/answers.js'
import { order, ordered } from './rules/order.js'
import { contradicted, doubled, invented, lost, parked, torn, mayBeForgotten, unfinished } from './rules/outcomes.js'
import { crashed, judgedLives, memory, ready, settled, stopping, waiting } from './rules/processes.js'
import { balances, state, sums } from './rules/state.js'
import { wire } from './rules/wire.js'
import { field } from './streams.js'
import type { Streams } from './streams.js'

/** All that is proved. */
export const rules: readonly Rule[] = [
  settled, invented, wire, lost, parked, torn, doubled, contradicted, state, balances, answers, order, waiting, ready, stopping, crashed, memory
]

/** What the checker has found. */
export interface Report {
  readonly violations: readonly Violation[]
  /** How much there was to find something in. */
  readonly counts: Readonly<Record<string, number>>
}

/** Holds the record and the streams against all rules. */
export function check (record: readonly Entry[], streams: Streams): Report {
  const facts = factsOf(record, streams)
  return { violations: rules.flatMap(rule => rule.check(facts)), counts: countsOf(facts) }
}

function countsOf (facts: Facts): Record<string, number> {
  const { cases, requests, lines, lives, faults } = facts
  const all = [...cases.values()]
  const blocks = all.flatMap(({ blocks }) => blocks)
  const statuses = new Map<string, number>()
  for (const { answer, method } of requests) {
    const name = `${method} ${answer.kind === 'answered' ? answer.status : answer.kind}`
    statuses.set(name, (statuses.get(name) ?? 0) + 1)
  }
  const { streams, answered, unanswered } = sums(facts)
  return {
    'commands in the command streams': all.filter(({ sent }) => sent.length > 0).length,
    'of them twice or more': all.filter(({ sent }) => sent.length > 1).length,
    'outcomes told to somebody': toldCases(facts).length,
    succeeded: blocks.filter(({ verdict }) => verdict.status === 'succeeded').length,
    refused: blocks.filter(({ verdict }) => verdict.status === 'refused').length,
    failed: blocks.filter(({ verdict }) => verdict.status === 'failed').length,
    'failed as poison': blocks.filter(({ verdict }) => verdict.status !== 'succeeded' && verdict.code === 'POISON').length,
    'of them no poison': blocks.filter(({ verdict, command }) => verdict.status === 'failed' && verdict.code === 'POISON' && command !== 'Poison').length,
    'without an outcome, since their ids stand for others too, and nobody sweeps': unfinished(facts)
      .filter(({ known }) => mayBeForgotten(facts, known)).length,
    'parked commands': unfinished(facts).filter(({ parked }) => parked).length,
    'of them on closed aggregates': unfinished(facts).filter(({ known, parked }) => parked && lines.get(`${known.type}/${known.aggId}`)?.closed === true).length,
    aggregates: lines.size,
    'closed aggregates': [...lines.values()].filter(({ closed }) => closed).length,
    'commands whose delivery nothing disturbed': ordered(facts).undisturbed,
    'money in the streams, in cents': streams,
    'money by the answers, in cents': answered,
    'money of commands that nobody was answered, in cents': unanswered,
    requests: requests.length,
    ...Object.fromEntries([...statuses].sort(([a], [b]) => a < b ? -1 : 1)),
    ...lostCounts(facts),
    'lives whose memory was judged': judgedLives(facts),
    faults: faults.length,
    'lives of processes': lives.length
  }
}

/** What the server itself lost, as the storm found it before any worker could; and what has become of that. */
function lostCounts ({ faults, cases }: Facts): Record<string, number> {
  const lost = faults.filter(({ name }) => name === 'commands_lost').flatMap(({ details }) => (field(details, 'lost') ?? []) as string[])
  return {
    'commands that the server has lost': lost.length,
    'of them found, and decided': lost.filter(key => (cases.get(key)?.blocks.length ?? 0) > 0).length
  }
}
