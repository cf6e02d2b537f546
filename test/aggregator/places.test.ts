import t from 'tap'
import { randomUUID } from 'node:crypto'
import { AggregateStreams } from '../../lib/aggregator/aggregate-stream.js'
import { Places } from '../../lib/aggregator/places.js'
import { successEvents } from '../../lib/outcome/index.js'
import type { ReadOptions, Store } from '../../lib/store/index.js'
import { comId, Counter } from '../harness/counter.js'
import { stage } from '../subscriber/stage.js'

t.test('what was decided long ago and comes again in its order is not searched for each time', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const added = (n: number) => successEvents({ aggId, comId: comId(n) }, [{ definition: Counter.events.Added, data: { by: 1 } }])[0]!
  await s.store.append(s.streams.aggregate(aggId), 'no_stream', Array.from({ length: 3_000 }, (_, n) => added(n)))
  let read = 0
  const store = new Proxy(s.store, {
    get (target, name) {
      if (name !== 'read') return Reflect.get(target, name, target) as unknown
      return async (stream: string, options: ReadOptions) => {
        const page = await target.read(stream, options)
        if (page.kind === 'page') read += page.events.length
        return page
      }
    }
  }) as Store
  const streams = new AggregateStreams(s.aggregate, store)
  const look = async (first: number, ...others: string[]) => {
    const comIds = Array.from({ length: 16 }, (_, n) => comId(first + n))
    const { found, head } = await streams.find(aggId, [...comIds, ...others])
    t.equal(head, 2_999n)
    t.same(comIds.map(id => found.get(id)?.revision), comIds.map((_, n) => BigInt(first + n)))
    return found
  }
  await look(100)
  t.equal(read, 3_000)
  read = 0
  for (let first = 116; first < 900; first += 16) await look(first)
  t.ok(read <= 49 * 65, `${read} events for 49 looks`)

  // A place says nothing of what was never passed by.
  read = 0
  const nowhere = randomUUID()
  t.equal((await look(2_000, nowhere)).get(nowhere), undefined)
  t.equal(read, 3_000 + 64)
})

t.test('what stands above all that was passed by is found too', async t => {
  const s = await stage(t)
  const aggId = randomUUID()
  const stream = s.streams.aggregate(aggId)
  const added = (n: number) => successEvents({ aggId, comId: comId(n) }, [{ definition: Counter.events.Added, data: { by: 1 } }])[0]!
  const streams = new AggregateStreams(s.aggregate, s.store)
  await s.store.append(stream, 'no_stream', [added(0), added(1)])
  await streams.find(aggId, [comId(0)])
  await s.store.append(stream, 1n, [added(2)])
  const { found, head } = await streams.find(aggId, [comId(1), comId(2), comId(3)])
  t.same([...found.values()].map(record => record?.revision), [1n, 2n, undefined])
  t.equal(head, 2n)
})

t.test('places are forgotten when there are too many, and then there are fewer', t => {
  const places = new Places(3)
  for (const n of [1n, 2n, 3n]) places.note('a', `c${n}`, n)
  places.note('a', 'c1', 9n)
  t.equal(places.of('a', 'c1'), 1n, 'the first that was passed by, from the end down')
  places.note('b', 'c4', 4n)
  t.equal(places.of('a', 'c1'), undefined)
  t.equal(places.of('b', 'c4'), 4n)
  t.end()
})
