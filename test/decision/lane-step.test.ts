import t from 'tap'
import { cooled, EMPTY_LANE, emptyView, replay, RUN_LIMITS, step } from '../../lib/decision/index.js'
import type { Effect, LaneState, Step, TakenCommand, View } from '../../lib/decision/index.js'
import { successEvents } from '../../lib/outcome/index.js'
import type { RecordedOutcome } from '../../lib/outcome/index.js'
import { aggId, comId, Counter, taken } from '../harness/counter.js'

const error = new Error('away')
const start = taken(0, 'Start', {})
const add = (n: number, by = 1): TakenCommand => taken(n, 'Add', { by })

/** A stream in which these commands have been decided. */
function records (...ids: number[]): RecordedOutcome[] {
  return ids.map((id, at) => {
    const definition = id === 0 ? Counter.events.Started : Counter.events.Added
    const [event] = successEvents({ aggId, comId: comId(id) }, [{ definition, data: id === 0 ? {} : { by: id } }])
    return { ...event!, stream: `Counter-${aggId}`, revision: BigInt(at) }
  })
}
const viewOf = (...ids: number[]): View => replay(Counter, emptyView(Counter), records(...ids))
const warm = (...ids: number[]): LaneState => ({ ...EMPTY_LANE, view: viewOf(...ids), ids: viewOf(...ids).ids })

function expect<K extends Effect['kind']> ({ lane, effect }: Step, kind: K): { lane: LaneState, effect: Extract<Effect, { kind: K }> } {
  if (effect.kind !== kind) throw new Error(`${effect.kind} instead of ${kind}`)
  return { lane, effect: effect as Extract<Effect, { kind: K }> }
}

t.test('from nothing to an outcome', async t => {
  const loading = expect(step(Counter, EMPTY_LANE, { kind: 'waiting' }, [start]), 'load')
  t.equal(loading.effect.from, undefined)
  const appending = expect(step(Counter, loading.lane, { kind: 'loaded', view: emptyView(Counter) }, [start, add(1)]), 'append')
  t.equal(appending.effect.expected, 'no_stream')
  t.equal(appending.effect.events.length, 2, 'all that came meanwhile is in the run')
  const settled = expect(step(Counter, appending.lane, { kind: 'answered', answer: { kind: 'written', revision: 1n } }, [start, add(1), add(2)]), 'settle')
  t.same(settled.effect.rulings.map(({ comId }) => comId), [comId(0), comId(1)])
  t.match(settled.lane, { view: { revision: 1n, state: { total: 1 } }, run: undefined })
  t.equal(expect(step(Counter, settled.lane, { kind: 'waiting' }, [add(2)]), 'append').effect.expected, 1n)
})

t.test('an unknown fate is repeated, unchanged', async t => {
  const appending = expect(step(Counter, warm(0), { kind: 'waiting' }, [add(1)]), 'append')
  for (const kind of ['unknown', 'unavailable'] as const) {
    const again = expect(step(Counter, appending.lane, { kind: 'answered', answer: { kind, error } }, [add(1), add(2)]), 'append')
    t.same(again.effect, { ...appending.effect, trouble: error })
    t.equal(again.lane.view?.revision, 0n)
  }
})

t.test('a conflict voids the run', async t => {
  const appending = expect(step(Counter, warm(0), { kind: 'waiting' }, [add(1, -1), add(2)]), 'append')
  t.same(appending.effect.events.map(({ type }) => type), ['CommandRefused', 'Added'])
  const loading = expect(step(Counter, appending.lane, { kind: 'answered', answer: { kind: 'conflict', current: 1n } }, [add(1, -1), add(2)]), 'load')
  t.equal(loading.effect.from?.revision, 0n, 'from where it was')
  t.equal(loading.lane.run, undefined)
  const again = expect(step(Counter, loading.lane, { kind: 'loaded', view: viewOf(0, 3) }, [add(1, -1), add(2)]), 'append')
  t.equal(again.effect.expected, 1n)
  t.same(again.effect.events.map(({ type }) => type), ['Added', 'Added'], 'what was refused is not any more')
  const backwards = expect(step(Counter, appending.lane, { kind: 'answered', answer: { kind: 'conflict', current: 'no_stream' } }, [add(1)]), 'load')
  t.equal(backwards.effect.from, undefined, 'a stream that has become shorter is read anew')
  t.equal(backwards.lane.view, undefined)
})

t.test('an id that is known is looked for, and the look counts as far as it reached', async t => {
  const lane = warm(0, 1, 2)
  const looking = expect(step(Counter, lane, { kind: 'waiting' }, [add(2), add(3)]), 'look')
  t.same(looking.effect.comIds, [comId(2)])
  const absent = new Map([[comId(2), undefined]])
  const old = expect(step(Counter, looking.lane, { kind: 'looked', found: absent, head: 1n }, [add(2), add(3)]), 'load')
  t.equal(old.effect.from, undefined)
  t.equal(old.lane.view, undefined, 'a look into the past tells nothing; everything is read anew')
  t.equal(expect(step(Counter, looking.lane, { kind: 'looked', found: absent, head: 'no_stream' }, [add(2)]), 'load').effect.from, undefined)
  const another = expect(step(Counter, looking.lane, { kind: 'looked', found: absent, head: 2n }, [add(2), add(3)]), 'append')
  t.equal(another.effect.events.length, 2, 'another command of the same hash')
  const found = new Map([[comId(2), records(0, 1, 2)[2]]])
  const stands = expect(step(Counter, looking.lane, { kind: 'looked', found, head: 2n }, [add(2)]), 'settle')
  t.match(stands.effect, { rulings: [{ kind: 'stands', comId: comId(2) }], found })
})

t.test('not to have been seen is forgotten when the view moves; to have been seen is not', async t => {
  const found = new Map([[comId(1), records(0, 1)[1]], [comId(2), undefined]])
  const view = viewOf(0, 1, 2)
  t.same(expect(step(Counter, { ...warm(0, 1), found }, { kind: 'loaded', view }, [add(1), add(2)]), 'look').effect.comIds, [comId(2)])
})

t.test('a finished command needs no state', async t => {
  const lane = cooled(warm(0, 1))
  t.equal(expect(step(Counter, lane, { kind: 'waiting' }, [add(1), add(2)]), 'load').effect.from, undefined, 'one that is new needs it')
  const looking = expect(step(Counter, lane, { kind: 'waiting' }, [start, add(1)]), 'look')
  t.same(looking.effect.comIds, [comId(0), comId(1)])
  const [zero, one] = records(0, 1)
  const some = new Map([[comId(0), zero], [comId(1), undefined]])
  t.equal(expect(step(Counter, looking.lane, { kind: 'looked', found: some, head: 0n }, [start, add(1)]), 'settle').effect.rulings.length, 1)
  const all = new Map([[comId(0), zero], [comId(1), one]])
  t.equal(expect(step(Counter, looking.lane, { kind: 'looked', found: all, head: 1n }, [start, add(1)]), 'settle').effect.rulings.length, 2)
  const none = new Map([[comId(0), undefined], [comId(1), one]])
  const loading = expect(step(Counter, looking.lane, { kind: 'looked', found: none, head: 1n }, [start, add(1)]), 'load')
  t.equal(expect(step(Counter, loading.lane, { kind: 'loaded', view: viewOf(0, 1) }, [start, add(1)]), 'look').effect.comIds.length, 1, 'the look was before the load')
})

t.test('a store that takes less gets less', async t => {
  const commands = [taken(1, 'Write', { bytes: 3000 }), add(2)]
  const tooLarge = { kind: 'answered', answer: { kind: 'rejected', reason: 'too_large', error } } as const
  const both = expect(step(Counter, warm(0), { kind: 'waiting' }, commands), 'append')
  const alone = expect(step(Counter, both.lane, tooLarge, commands), 'append')
  t.same(alone.effect.events.map(({ type }) => type), ['Written'])
  const failed = expect(step(Counter, alone.lane, tooLarge, commands), 'append')
  t.same(failed.effect.events.map(({ type }) => type), ['CommandRefused'])
  const settled = expect(step(Counter, failed.lane, { kind: 'answered', answer: { kind: 'written', revision: 1n } }, commands), 'settle')
  t.equal(settled.lane.limits, RUN_LIMITS)
})

t.test('a stream that was deleted for ever', async t => {
  t.same(expect(step(Counter, EMPTY_LANE, { kind: 'tombstoned' }, [start]), 'fail').lane, EMPTY_LANE)
  const appending = expect(step(Counter, warm(0), { kind: 'waiting' }, [add(1)]), 'append')
  t.same(expect(step(Counter, appending.lane, { kind: 'answered', answer: { kind: 'deleted' } }, [add(1)]), 'fail').lane, EMPTY_LANE)
})
