import t from 'tap'
import { freezeNew } from '../../lib/definition/index.js'
import { refusedWith } from './define.js'

/** A deep object of so many nodes, each of which counts when its properties are looked at. */
function counted (nodes: number): { root: object, visits: () => number } {
  let visits = 0
  const node = (count: number): object => {
    const half = count >> 1
    return new Proxy(count < 2 ? { leaf: true } : { left: node(half), right: node(count - half) }, {
      ownKeys: target => {
        visits++
        return Reflect.ownKeys(target)
      },
      getOwnPropertyDescriptor: (target, key) => {
        visits++
        return Reflect.getOwnPropertyDescriptor(target, key)
      },
      get: (target, key, receiver) => {
        visits++
        return Reflect.get(target, key, receiver) as unknown
      },
      getPrototypeOf: target => {
        visits++
        return Reflect.getPrototypeOf(target)
      }
    })
  }
  return { root: node(nodes), visits: () => visits }
}

t.test('freezes to the bottom and returns the value itself', async t => {
  const value = { a: [{ b: { c: 1 } }], d: null, e: undefined, f: 1n, g: 'x' }
  t.equal(freezeNew(value), value)
  for (const part of [value, value.a, value.a[0], value.a[0]!.b]) t.ok(Object.isFrozen(part))
  t.throws(() => { value.a[0]!.b.c = 2 }, TypeError)
  t.throws(() => value.a.push({ b: { c: 1 } }), TypeError)
})

t.test('primitives are as they are', async t => {
  for (const value of ['x', 1, NaN, true, null, undefined, 1n]) t.same(freezeNew(value), value)
})

t.test('a part that somebody else froze is still looked into', async t => {
  const value = Object.freeze({ inner: { a: 1 } })
  freezeNew(value)
  t.ok(Object.isFrozen(value.inner))
})

t.test('costs what is new, and not what a large state has already', async t => {
  const { root, visits } = counted(10_000)
  freezeNew(root)
  const first = visits()
  t.ok(first > 10_000, `${first} visits for all that is new`)
  let state: object = { root, count: 0 }
  freezeNew(state)
  const before = visits()
  for (let count = 1; count <= 100; count++) {
    state = { ...state, count }
    freezeNew(state)
  }
  t.equal(visits(), before, 'nothing that was frozen before is visited again')
  t.ok(Object.isFrozen(state))
})

t.test('cycles end', async t => {
  const value: { self?: object } = {}
  value.self = value
  freezeNew(value)
  t.ok(Object.isFrozen(value))
})

t.test('a very deep value does not overflow the stack', async t => {
  let value: object = {}
  const bottom = value
  for (let depth = 0; depth < 100_000; depth++) value = { value }
  freezeNew(value)
  t.ok(Object.isFrozen(bottom))
})

t.test('what could change behind the freeze is refused, with the place', async t => {
  class Account { owner = '' }
  const refused: Array<[unknown, string, RegExp]> = [
    [{ a: [{ b: new Map() }] }, '/a/0/b', /an instance of Map/],
    [{ a: new Set() }, '/a', /an instance of Set/],
    [{ a: new Date() }, '/a', /an instance of Date/],
    [[new Account()], '/0', /an instance of Account/],
    [new Uint8Array(1), 'the top', /an instance of Uint8Array/],
    [Object.create(Object.create({})), 'the top', /an instance of Object/],
    [Object.create(Object.create(Object.create(null) as object) as object), 'the top', /an instance of undefined/],
    [{ a: () => 1 }, '/a', /a function/],
    [() => 1, 'the top', /a function/],
    [{ a: Symbol('x') }, '/a', /a symbol/],
    [Symbol('x'), 'the top', /a symbol/],
    [{ [Symbol('x')]: 1 }, '/Symbol(x)', /named by a symbol/],
    [{ get a () { return 1 } }, '/a', /a getter or a setter/],
    [Object.defineProperty({}, 'a', Object.getOwnPropertyDescriptor(Object.prototype, '__proto__')!), '/a', /a getter or a setter/]
  ]
  for (const [value, place, what] of refused) {
    const { code, message } = refusedWith(() => freezeNew(value))
    t.equal(code, 'UNISTREAM_NOT_PLAIN_DATA')
    t.ok(message.startsWith(`At ${place} stands`), message)
    t.match(message, what)
  }
})

t.test('what is refused is not frozen in part', async t => {
  const value = { good: { a: 1 }, bad: new Map() }
  refusedWith(() => freezeNew(value))
  t.notOk(Object.isFrozen(value))
  t.notOk(Object.isFrozen(value.good))
  t.throws(() => freezeNew(value), 'nor taken for frozen later')
})

t.test('objects without a prototype are plain', async t => {
  const value = Object.assign(Object.create(null) as { a: object }, { a: {} })
  freezeNew(value)
  t.ok(Object.isFrozen(value.a))
})
