import t from 'tap'
import { Type } from '@sinclair/typebox'
import { creates, defineAggregate, defineCommands, defineEvents } from '../../lib/definition/index.js'
import { afterAppend, emptyView, planRun, replay } from '../../lib/decision/index.js'
import { taken } from '../harness/counter.js'

t.test('the state after a run is what a replay of its events gives, also where JSON carries less than memory', t => {
  const events = defineEvents({ Noted: Type.Object({ number: Type.Number(), list: Type.Array(Type.Number()) }) })
  interface Note { sign: number, more: unknown, hidden: unknown }
  const Notes = defineAggregate(defineCommands('Notes', { Note: Type.Object({}) }), {
    initialState: { sign: 0, more: null, hidden: null } as Note,
    events,
    evolve: {
      Noted: (_, data) => ({
        sign: 1 / data.number,
        more: (data.list as unknown as { more?: unknown }).more ?? null,
        hidden: (data as unknown as { hidden?: unknown }).hidden ?? null
      })
    },
    decide: {
      Note: creates(() => events.Noted(Object.defineProperty(
        { number: -0, list: Object.assign([1], { more: 'more' }) }, 'hidden', { value: 'hidden', enumerable: false })))
    }
  })
  const plan = planRun(Notes, emptyView(Notes), [taken(1, 'Note', {})], new Map())
  if (plan.kind !== 'run') throw new Error('a look was asked for')
  const next = afterAppend(plan, { kind: 'written', revision: 0n })
  const records = plan.events.map((event, index) => ({ ...event, stream: 'Notes-1', revision: BigInt(index) }))
  const { state } = replay(Notes, emptyView(Notes), records)
  t.same(state, { sign: Infinity, more: null, hidden: null })
  t.strictSame(next.kind === 'done' && next.view.state, state)
  t.end()
})
