import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { StreamEntry } from '../../lib/embedded/streams/entry.js'
import { RecentIds } from '../../lib/embedded/streams/recent-ids.js'

const stream = { number: 7, name: 'x'.repeat(9) } as StreamEntry

t.test('as many ids are known as a real server\'s budget holds, the last that were written', async (t) => {
  const recent = new RecentIds()
  const ids = Array.from({ length: 130_000 }, () => randomUUID())
  ids.forEach((id, i) => {
    recent.add(id, stream, i, 2 * i)
    if (i % 1_000 === 0) recent.find(ids[0]!)
  })
  const known = ids.filter((id) => recent.find(id) !== undefined)
  t.ok(known.length > 119_000 && known.length < 121_000, `${known.length} are known`)
  t.same(known, ids.slice(ids.length - known.length), 'also where the first was asked for again and again')
  t.same(recent.find(ids[129_999]!), { stream: 7, revision: 129_999, ordinal: 259_998 })
})

t.test('an id that is written again keeps its place; what the log did not keep is forgotten', async (t) => {
  const recent = new RecentIds()
  const [a, b] = [randomUUID(), randomUUID()]
  recent.add(a, stream, 0, 0)
  recent.add(b, stream, 1, 1)
  recent.add(a, stream, 2, 2)
  t.same(recent.find(a), { stream: 7, revision: 0, ordinal: 0 })
  recent.forgetFrom(1)
  t.same(recent.find(a), { stream: 7, revision: 0, ordinal: 0 })
  t.equal(recent.find(b), undefined)
  recent.add(b, stream, 3, 1)
  t.same(recent.find(b), { stream: 7, revision: 3, ordinal: 1 })
  recent.clear()
  t.equal(recent.find(a), undefined)
})
