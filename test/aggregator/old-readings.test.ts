import t from 'tap'
import { randomUUID } from 'node:crypto'
import { Aggregator } from '../../lib/aggregator/index.js'
import { AggregateStreams } from '../../lib/aggregator/aggregate-stream.js'
import { successEvents } from '../../lib/outcome/index.js'
import type { ReadOptions, Store } from '../../lib/store/index.js'
import { comId, Counter, taken } from '../harness/counter.js'
import { stage } from '../subscriber/stage.js'

/** The store, where readings backwards begin lower than they were asked to, as those from a node that is behind do. */
function behind (store: Store, lower: (from: ReadOptions['from']) => ReadOptions['from']): Store {
  return new Proxy(store, {
    get (target, name) {
      if (name === 'read') {
        return (stream: string, options: ReadOptions) =>
          target.read(stream, options.direction === 'backwards' ? { ...options, from: lower(options.from) } : options)
      }
      const member: unknown = target[name as keyof Store]
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    }
  })
}

t.test('a look into the past does not make a finished command new', async t => {
  const s = await stage(t)
  let old = 0
  const store = behind(s.store, from => old-- > 0 ? 0n : from)
  const aggregator = new Aggregator({ aggregate: s.aggregate, store, log: s.log, capacity: 3, multiple: 2, announce: false })
  t.teardown(() => aggregator.close())
  const aggId = randomUUID()
  await aggregator.handle(taken(0, 'Start', {}, { aggId }))
  await aggregator.handle(taken(1, 'Add', { by: 1 }, { aggId }))
  old = 2
  t.same(await aggregator.handle(taken(1, 'Add', { by: 1 }, { aggId })), { kind: 'outcome' })
  t.ok(old < 0, 'it looked until it saw')
  t.same(await s.decided(aggId), [comId(0), comId(1)])
})

t.test('a look whose second page comes from a node that is behind has seen no further than that', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const events = Array.from({ length: 700 }, (_, n) =>
    successEvents({ aggId, comId: comId(n) }, [{ definition: Counter.events.Added, data: { by: 1 } }])[0]!)
  await s.store.append(s.streams.aggregate(aggId), 'no_stream', events)
  const lagging = new AggregateStreams(s.aggregate, behind(s.store, from => from === 'end' ? from : 50n))
  const { found, head } = await lagging.find(aggId, [comId(20), comId(100), comId(650)])
  t.equal(head, 50n)
  t.same([20, 100, 650].map(n => found.get(comId(n))?.revision), [20n, undefined, 650n])
  const whole = await new AggregateStreams(s.aggregate, s.store).find(aggId, [comId(20), comId(100), comId(701)])
  t.equal(whole.head, 699n)
  t.same([20, 100, 701].map(n => whole.found.get(comId(n))?.revision), [20n, 100n, undefined])
})
