import t from 'tap'
import { emptyView, movedTo, replay } from '../../lib/decision/index.js'
import { successEvents, verdictEvent } from '../../lib/outcome/index.js'
import type { RecordedOutcome } from '../../lib/outcome/index.js'
import type { NewEvent } from '../../lib/store/contract.js'
import { aggId, comId, Counter } from '../harness/counter.js'

const at = (event: NewEvent, revision: bigint): RecordedOutcome => ({ ...event, stream: `Counter-${aggId}`, revision })
const added = (n: number, revision: bigint) =>
  at(successEvents({ aggId, comId: comId(n) }, [{ definition: Counter.events.Added, data: { by: n } }])[0]!, revision)
const refused = (n: number, revision: bigint) =>
  at(verdictEvent({ aggId, comId: comId(n) }, 'CommandRefused', { status: 'refused', code: 'NO', message: 'No.' }), revision)

t.test('replay gives state, revision and the ids of all commands', async t => {
  const seen: string[] = []
  const view = replay(Counter, emptyView(Counter), [added(1, 0n), refused(2, 1n), added(3, 2n)], id => seen.push(id))
  t.match(view, { revision: 2n, exists: true, state: { total: 4 }, block: undefined })
  t.ok([1, 2, 3].every(n => view.ids.has(comId(n))))
  t.same(seen, [1, 2, 3].map(comId))
  const tail = replay(Counter, view, [added(4, 3n)])
  t.match(tail, { revision: 3n, state: { total: 8 } })
})

t.test('refusals alone make no aggregate exist', async t => {
  t.match(replay(Counter, emptyView(Counter), [refused(1, 0n)]), { revision: 0n, exists: false, state: { total: 0 } })
})

t.test('revisions are the store\'s, not counted', async t => {
  t.match(replay(Counter, emptyView(Counter), [added(1, 41n)]), { revision: 41n })
  t.equal(movedTo(emptyView(Counter), 7n).revision, 7n)
  t.equal(movedTo({ ...emptyView(Counter), revision: 9n }, 7n).revision, 9n)
})

t.test('events that this version does not understand block, and their commands are known all the same', async t => {
  const foreign = (over: Partial<RecordedOutcome>) => ({ ...added(1, 0n), ...over })
  for (const [code, record] of [
    ['UNKNOWN_EVENT', foreign({ type: 'Unheard' })],
    ['UNREADABLE_EVENT', foreign({ data: Buffer.from('{') })],
    ['EVOLVE_FAILED', foreign({ type: 'Broken', data: Buffer.from('{}') })]
  ] as const) {
    const view = replay(Counter, emptyView(Counter), [added(5, 0n), record, added(2, 2n)])
    t.match(view, { revision: 2n, exists: true, state: { total: 5 }, block: { code } })
    t.ok([1, 2, 5].every(n => view.ids.has(comId(n))))
    t.match(replay(Counter, view, [added(3, 3n)]), { revision: 3n, block: { code } }, 'and stay')
  }
})
