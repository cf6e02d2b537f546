import t from 'tap'
import { afterAppend, emptyView, planRun, RUN_LIMITS } from '../../lib/decision/index.js'
import type { Run, TakenCommand, View } from '../../lib/decision/index.js'
import { readMetadata } from '../../lib/outcome/index.js'
import { aggId, comId, Counter, taken } from '../harness/counter.js'

const none = new Map<string, boolean>()
const error = new Error('away')

function run (view: View, commands: TakenCommand[], verified = none, limits = RUN_LIMITS): Run {
  const plan = planRun(Counter, view, commands, verified, limits)
  if (plan.kind !== 'run') throw new Error('a look was asked for')
  return plan
}
const started = (): View => {
  const start = run(emptyView(Counter), [taken(0, 'Start', {})])
  const next = afterAppend(start, { kind: 'written', revision: 0n })
  if (next.kind !== 'done') throw new Error('not done')
  return next.view
}
const verdicts = ({ rulings }: Run) => rulings.map(ruling =>
  ruling.kind === 'decided' ? ('code' in ruling.verdict ? ruling.verdict.code : ruling.verdict.status) : ruling.kind === 'parked' ? ruling.parking.code : ruling.kind)
const data = (plan: Run) => plan.events.map(event => JSON.parse(Buffer.from(event.data).toString()))

t.test('a run is decided in order, each command on what those before it leave', async t => {
  const plan = run(started(), [taken(1, 'Add', { by: 2 }), taken(2, 'Add', { by: -3 }), taken(3, 'Add', { by: -2 })])
  t.same(verdicts(plan), ['succeeded', 'BELOW_ZERO', 'succeeded'])
  t.equal(plan.view.revision, 0n)
  t.same(plan.events.map(event => event.type), ['Added', 'CommandRefused', 'Added'])
  const next = afterAppend(plan, { kind: 'written', revision: 3n })
  t.match(next, { kind: 'done', view: { revision: 3n, exists: true, state: { total: 0 } } })
  t.equal(plan.view.state, Counter.initialState, 'the view before is not changed')
})

t.test('the moment that decide sees is that at which the store took the command', async t => {
  const plan = run(emptyView(Counter), [taken(1, 'Start', {}, { created: 1_000 })])
  t.same(readMetadata(plan.events[0]!.metadata), {
    aggId, comId: comId(1), index: 0, count: 1, command: 'Start', fingerprint: Counter.commands.commands.Start.fingerprint({})
  })
})

t.test('a command creates its aggregate or needs it to exist', async t => {
  const plan = run(emptyView(Counter), [taken(1, 'Add', { by: 1 }), taken(2, 'Start', {}), taken(3, 'Start', {}), taken(4, 'Add', { by: 1 })])
  t.same(verdicts(plan), ['AGGREGATE_MISSING', 'succeeded', 'AGGREGATE_EXISTS', 'succeeded'])
  t.match(afterAppend(plan, { kind: 'written', revision: 3n }), { view: { exists: true, revision: 3n } })
  const refusal = run(emptyView(Counter), [taken(1, 'Add', { by: 1 })])
  t.match(afterAppend(refusal, { kind: 'written', revision: 0n }), { view: { exists: false, revision: 0n } }, 'a refusal makes no aggregate exist')
})

t.test('several events of one command', async t => {
  const plan = run(started(), [taken(1, 'AddTwice', { by: 2 })])
  t.same(plan.events.map(event => readMetadata(event.metadata)).map(({ index, count, command }) => [index, count, command]),
    [[0, 2, 'AddTwice'], [1, 2, undefined]])
  t.match(afterAppend(plan, { kind: 'written', revision: 2n }), { view: { state: { total: 4 } } })
})

t.test('one command twice in a run is decided once', async t => {
  const plan = run(started(), [taken(1, 'Add', { by: 1 }), taken(1, 'Add', { by: 1 }), taken(1, 'Add', { by: 100 })])
  t.same(verdicts(plan), ['succeeded', 'twin', 'twin'])
  t.equal(plan.events.length, 1)
})

t.test('a parked first of two leaves the second to be ruled on', async t => {
  const plan = run(started(), [taken(1, 'Unheard', {}), taken(1, 'Add', { by: 1 })])
  t.same(verdicts(plan), ['UNKNOWN_COMMAND', 'succeeded'])
})

t.test('nothing is decided while an id may stand in the stream', async t => {
  const view = started()
  const commands = [taken(0, 'Start', {}), taken(1, 'Add', { by: 1 })]
  t.same(planRun(Counter, view, commands, none), { kind: 'look', comIds: [comId(0)] })
  const found = run(view, commands, new Map([[comId(0), true]]))
  t.same(verdicts(found), ['stands', 'succeeded'])
  t.equal(found.events.length, 1)
  const another = run(view, commands, new Map([[comId(0), false]]))
  t.same(verdicts(another), ['AGGREGATE_EXISTS', 'succeeded'], 'another id of the same hash')
})

t.test('the ids of a confirmed run are known, refusals too', async t => {
  const plan = run(started(), [taken(1, 'Add', { by: 1 }), taken(2, 'Refuse', {}), taken(3, 'Unheard', {})])
  const next = afterAppend(plan, { kind: 'written', revision: 2n })
  if (next.kind !== 'done') return t.fail()
  t.same(planRun(Counter, next.view, [taken(1, 'Add', { by: 1 }), taken(2, 'Refuse', {})], none), { kind: 'look', comIds: [comId(1), comId(2)] })
  t.equal(planRun(Counter, next.view, [taken(3, 'Add', { by: 1 })], none).kind, 'run', 'a parked one is not')
})

t.test('refusals keep what decide said', async t => {
  const plan = run(started(), [taken(1, 'Refuse', { details: { left: 3 } })])
  t.same(data(plan), [{ kind: 'refused', code: 'NO', message: 'No.', details: { left: 3 } }])
})

t.test('a decide that misbehaves is a defect that tells nothing of the inside', async t => {
  for (const how of ['throw', 'nothing', 'empty', 'text', 'later', 'rejected', 'unknown', 'inherited', 'misfit', 'nameless', 'cycle']) {
    const plan = run(started(), [taken(1, 'Misbehave', { how }), taken(2, 'Add', { by: 1 })])
    t.same(verdicts(plan), ['DEFECT', 'succeeded'], how)
    t.notMatch(JSON.stringify(data(plan)), /secret/)
    t.match(plan.rulings[0], { defect: Error })
  }
})

t.test('what this version cannot decide has no outcome', async t => {
  t.same(verdicts(run(started(), [
    taken(1, 'Unheard', {}), taken(2, 'Add', { by: 'x' }), taken(3, 'Add', { by: 1, more: 2 }), taken(4, 'Misbehave', { how: 'evolve' }), taken(5, 'Add', { by: 1 }),
    taken(6, 'Add', 7)
  ])), ['UNKNOWN_COMMAND', 'UNACCEPTED_COMMAND', 'UNACCEPTED_COMMAND', 'EVOLVE_FAILED', 'succeeded', 'UNACCEPTED_COMMAND'])
  const blocked: View = { ...started(), block: { code: 'UNKNOWN_EVENT', message: 'new' } }
  const plan = run(blocked, [taken(1, 'Add', { by: 1 }), taken(2, 'Add', { by: 1 }, { deliveries: 10 })])
  t.same(verdicts(plan), ['UNKNOWN_EVENT'])
  t.equal(plan.events.length, 0)
  t.same(verdicts(run(blocked, [taken(2, 'Add', { by: 1 }, { deliveries: 10 })])), ['UNKNOWN_EVENT'], 'poison or not')
})

t.test('an unreadable command fails', async t => {
  const plan = run(started(), [taken(1, 'Add', {}, { data: Buffer.from('{"by":') }), taken(2, 'Add', {}, { data: new Uint8Array() })])
  t.same(verdicts(plan), ['UNREADABLE_COMMAND', 'UNREADABLE_COMMAND'])
})

t.test('what comes too often is handled alone, and in the end failed', async t => {
  const calm = taken(1, 'Add', { by: 1 })
  const suspect = taken(2, 'Add', { by: 1 }, { deliveries: 6 })
  t.equal(run(started(), [calm, suspect, calm]).rulings.length, 1, 'those before it')
  t.equal(run(started(), [suspect, calm]).rulings.length, 1, 'itself')
  t.same(verdicts(run(started(), [taken(2, 'Add', { by: 1 }, { deliveries: 9 })])), ['succeeded'])
  t.same(verdicts(run(started(), [taken(2, 'Misbehave', { how: 'throw' }, { deliveries: 10 })])), ['POISON'])
})

t.test('a run is bounded', async t => {
  const many = Array.from({ length: 600 }, (_, n) => taken(n + 1, 'Add', { by: 1 }))
  t.equal(run(started(), many).rulings.length, RUN_LIMITS.commands)
  const large = [1, 2, 3].map(n => taken(n, 'Write', { bytes: 400_000 }))
  t.same(verdicts(run(started(), large)), ['succeeded', 'succeeded'], 'the third is for the next run')
  t.same(verdicts(run(started(), [taken(1, 'Write', { bytes: 1_000_000 }), large[1]!])), ['EVENTS_TOO_LARGE', 'succeeded'])
})

t.test('what is next after an append', async t => {
  const view = { ...started(), revision: 5n }
  const plan = run(view, [taken(1, 'Add', { by: 1 }), taken(2, 'Add', { by: 1 })])
  t.match(afterAppend(plan, { kind: 'unknown', error }), { kind: 'repeat', error })
  t.match(afterAppend(plan, { kind: 'unavailable', error }), { kind: 'repeat', error })
  t.match(afterAppend(plan, { kind: 'rejected', reason: 'access_denied', error }), { kind: 'repeat', error })
  t.match(afterAppend(plan, { kind: 'conflict', current: 9n }), { kind: 'reload', from: 'tail' })
  t.match(afterAppend(plan, { kind: 'conflict', current: 5n }), { kind: 'reload', from: 'start' })
  t.match(afterAppend(plan, { kind: 'conflict', current: 'no_stream' }), { kind: 'reload', from: 'start' })
  t.match(afterAppend(run(emptyView(Counter), [taken(1, 'Start', {})]), { kind: 'conflict', current: 0n }), { kind: 'reload', from: 'tail' })
  t.match(afterAppend(plan, { kind: 'deleted' }), { kind: 'tombstoned' })
  t.notOk(view.ids.has(comId(1)), 'nothing is known before it is confirmed')
})

t.test('what the store finds too large is made smaller, and in the end fails', async t => {
  const commands = [taken(1, 'Write', { bytes: 3000 }), taken(2, 'Add', { by: 1 })]
  const first = afterAppend(run(started(), commands), { kind: 'rejected', reason: 'too_large', error })
  if (first.kind !== 'too_large') return t.fail()
  const alone = run(started(), commands, none, first.limits)
  t.same(verdicts(alone), ['succeeded'])
  const second = afterAppend(alone, { kind: 'rejected', reason: 'too_large', error })
  if (second.kind !== 'too_large') return t.fail()
  t.same(verdicts(run(started(), commands, none, second.limits)), ['EVENTS_TOO_LARGE'])
})
