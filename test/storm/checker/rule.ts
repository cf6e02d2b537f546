import type { Case, Facts } from './facts.js'

/** What must hold, and where it does not. */
export interface Rule {
  /** Stable: reports and those who read them go by it. */
  readonly name: RuleName
  readonly says: string
  check (facts: Facts): Violation[]
}

export type RuleName =
  | 'invented' | 'wire' | 'lost' | 'parked' | 'torn' | 'doubled' | 'contradicted' | 'state' | 'balances' | 'answers' | 'order' | 'waiting'
  | 'ready' | 'stopping' | 'crashed' | 'memory' | 'settled'

export interface Violation {
  readonly rule: RuleName
  readonly message: string
  /** Ids and revisions, by which it can be found in the record and in the streams. */
  readonly evidence: Readonly<Record<string, unknown>>
}

/** Where a command is found. */
export function placeOf ({ type, aggId, comId, sent, blocks, requests }: Case): Record<string, unknown> {
  return {
    type,
    aggId,
    comId,
    commands: sent.map(({ event }) => event.revision),
    outcomes: blocks.map(({ events }) => `${events[0]!.stream}@${events[0]!.revision}`),
    requests: requests.map(({ id }) => id)
  }
}
