import t from 'tap'
import { randomUUID } from 'node:crypto'
import { CommandIds } from '../../lib/decision/index.js'

t.test('knows what was added, and nothing else', async t => {
  const ids = new CommandIds()
  const added = Array.from({ length: 20_000 }, () => randomUUID())
  for (const id of added) ids.add(id)
  for (const id of added) ids.add(id)
  t.equal(ids.size, added.length)
  t.ok(added.every(id => ids.has(id)))
  t.notOk(Array.from({ length: 20_000 }, () => randomUUID()).some(id => ids.has(id)))
})

t.test('tells ids apart that differ in one digit', async t => {
  const ids = new CommandIds()
  const zero = '00000000-0000-0000-0000-000000000000'
  const near = new Set<string>([zero])
  for (let at = 0; at < zero.length; at++) {
    for (const digit of '123456789abcdef') {
      if (zero[at] !== '-') near.add(zero.slice(0, at) + digit + zero.slice(at + 1))
    }
  }
  for (const id of near) {
    t.notOk(ids.has(id), id)
    ids.add(id)
  }
  t.equal(ids.size, near.size)
})

t.test('counted ids spread', async t => {
  const ids = new CommandIds()
  for (let n = 0; n < 50_000; n++) ids.add(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`)
  t.equal(ids.size, 50_000)
})
