import { scenario } from './scenario.js'
import type { Body, Scenario } from './scenario.js'

const open: Body = ['Open']
const note: Body = ['Note']
const add = (by: number): Body => ['Add', by]
const take = (by: number): Body => ['Take', by]

/** Enough for every kind of trouble once, and small enough for each commit. */
export const small: readonly Scenario[] = [
  scenario('one command, which begins the aggregate', [[open]], 'none', { deliveries: [1, 6, 10], late: 2 }),
  scenario('one command that stands twice, with two bodies, decided by two versions', [[add(1), add(2)]], 'number', { exists: true, deliveries: [1, 10] }),
  scenario('a command that comes too often', [[open], [add(1)]], 'outcome', { deliveries: [1, 10], oldReadings: false, evictions: false }),
  scenario('two commands of one hash', [[add(1)], [add(2)]], 'content', { exists: true, alike: true }),
  scenario('an event that the older version does not know', [[open], [add(1)]], 'unheard', { redeploys: true }),
  scenario('a version that throws', [[note], [add(1)]], 'defect', { exists: true, redeploys: true, evictions: false }),
  scenario('another number of events', [[take(1)], [add(1)]], 'number', { exists: true, late: 2, evictions: false }),
  scenario('a store that takes one event at a time', [[note], [add(1)]], 'number', { exists: true, most: 1, evictions: false }),
  scenario('three commands', [[add(1)], [add(2)], [note]], 'none', { exists: true, oldReadings: false, evictions: false, late: 0 })
]

/** Beyond that; minutes each. */
export const large: readonly Scenario[] = [
  ...(['none', 'outcome', 'content', 'number', 'unheard', 'defect'] as const).flatMap(difference => [
    scenario(`${difference}: two commands, poison`, [[open], [add(1)]], difference, { deliveries: [1, 10], redeploys: true }),
    scenario(`${difference}: two commands, one stands twice`, [[add(1), add(2)], [take(1)]], difference, { exists: true, redeploys: true }),
    scenario(`${difference}: two commands of one hash, both stand twice`, [[add(1), add(1)], [add(2), note]], difference,
      { exists: true, alike: true, oldReadings: false, evictions: false }),
    scenario(`${difference}: three commands`, [[open], [add(1)], [take(1)]], difference, { late: 0, oldReadings: false, evictions: false })
  ]),
  scenario('three commands, each stands twice', [[add(1), add(2)], [note, note], [take(1), add(1)]], 'none',
    { exists: true, late: 0, oldReadings: false, evictions: false }),
  scenario('three commands, late appends', [[add(1)], [add(2)], [note]], 'none', { exists: true, late: 1 })
]
