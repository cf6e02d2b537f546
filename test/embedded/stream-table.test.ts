import t from 'tap'
import { Names } from '../../lib/embedded/streams/names.js'
import { OrdinalLists } from '../../lib/embedded/streams/ordinals.js'

/** Numbers that look like chance and are the same in every run. */
function sequence (seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0
    return (state >>> 8) % below
  }
}

t.test('lists of ordinals are what was pushed, less what was popped', async (t) => {
  const next = sequence(1)
  const lists = new OrdinalLists()
  const model: number[][] = []
  let ordinal = 0
  for (let step = 0; step < 60_000; step++) {
    if (model.length < 40 && next(50) === 0) {
      lists.addList()
      model.push([])
    }
    if (model.length === 0) continue
    // Few of the lists become long, many times over the bound of a piece.
    const list = next(3) === 0 ? next(model.length) : next(Math.min(2, model.length))
    const times = list < 10 && next(4) === 0 ? next(300) : 1
    if (next(5) === 0) {
      for (let i = 0; i < times * 3 && model[list]!.length > 0; i++) {
        lists.pop(list)
        model[list]!.pop()
      }
    } else {
      for (let i = 0; i < times; i++) {
        lists.push(list, ordinal)
        model[list]!.push(ordinal++)
      }
    }
    if (step % 1_000 === 0) compare()
  }
  compare()
  t.ok(model.some(({ length }) => length > 4_096), 'some are long')
  t.ok(model.some(({ length }) => length > 1 && length < 1_000), 'some are not')

  function compare () {
    const differing = model.findIndex((expected, list) => lists.length(list) !== expected.length ||
      expected.some((ordinal, index) => lists.at(list, index) !== ordinal))
    if (differing !== -1) t.fail(`list ${differing} differs`)
  }
})

t.test('a part of a list', async (t) => {
  const lists = new OrdinalLists()
  lists.addList()
  for (let ordinal = 0; ordinal < 10; ordinal++) lists.push(0, ordinal * 10)
  t.same(lists.slice(0, 3, 6), [30, 40, 50])
  t.same(lists.slice(0, 8, 100), [80, 90])
})

t.test('names keep their numbers, whatever came after them and was taken back', async (t) => {
  const next = sequence(2)
  const names = new Names()
  const model: string[] = []
  const long = 'ä'.repeat(40_000)
  const make = (): string => {
    const kind = next(1_000)
    if (kind === 0) return `${long}${next(100)}`
    if (kind < 300) return `Österreich-${next(20_000)}`
    return `Account-${next(1_000_000)}`
  }
  for (let step = 0; step < 30_000; step++) {
    if (next(10) === 0) {
      for (let times = next(15); times > 0 && model.length > 0; times--) {
        names.removeLast()
        const gone = model.pop()!
        if (names.find(gone) !== -1) t.fail(`${gone} is still there`)
      }
      continue
    }
    const name = make()
    const known = names.find(name)
    if (known !== -1 && model[known] !== name) t.fail(`${name} has the number of ${model[known]}`)
    const number = next(2) === 0 ? names.add(name) : addBytes(name)
    if (known === -1) model.push(name)
    if (model[number] !== name) t.fail(`${name} got the number ${number}`)
  }
  t.equal(names.count, model.length)
  t.ok(model.length > 5_000)
  t.notOk(model.some((name, number) => names.find(name) !== number || names.nameOf(number) !== name))

  function addBytes (name: string): number {
    const bytes = Buffer.from(`<<${name}>>`)
    return names.addBytes(bytes, 2, bytes.length - 2)
  }
})
