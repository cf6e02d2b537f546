import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'
import tap from 'tap'
import { commandOf, eventOf, refusedWith } from './define.js'

const pascal = (schema: TSchema) => commandOf(schema, { spelling: 'PascalCase' })
const parse = (text: string): unknown => JSON.parse(text)

/** Checks both ways. */
function spells (t: Pick<typeof tap, 'equal' | 'strictSame'>, schema: TSchema, value: unknown, stored: string): void {
  const { check, toStored, fromStored } = pascal(schema)
  t.strictSame(check(value), [])
  t.equal(toStored(value), stored)
  t.strictSame(fromStored(parse(stored)), value)
}

tap.test('as written, by default', async t => {
  const { toStored, fromStored } = commandOf(Type.Object({ owner: Type.String() }))
  t.equal(toStored({ owner: 'Ann' }), '{"owner":"Ann"}')
  t.strictSame(fromStored(parse('{"Owner":"Ann"}')), { Owner: 'Ann' })
})

tap.test('declared properties get a capital first letter, at every depth, and lose it again', async t => {
  const Inner = Type.Object({ accountId: Type.String() })
  spells(t, Type.Object({
    owner: Type.String(),
    URL: Type.String(),
    _x: Type.Number(),
    éa: Type.Number(),
    inner: Inner,
    list: Type.Array(Inner),
    tuple: Type.Tuple([Inner, Type.Object({ second: Type.Number() })]),
    nested: Type.Array(Type.Array(Inner))
  }), {
    owner: 'Ann', URL: 'x', _x: 1, éa: 2, inner: { accountId: 'a' }, list: [{ accountId: 'b' }], tuple: [{ accountId: 'c' }, { second: 1 }], nested: [[{ accountId: 'd' }]]
  }, '{"Owner":"Ann","URL":"x","_x":1,"éa":2,"Inner":{"AccountId":"a"},"List":[{"AccountId":"b"}],"Tuple":[{"AccountId":"c"},{"Second":1}],"Nested":[[{"AccountId":"d"}]]}')
})

tap.test('keys of records are data and stay, and what is below them does not', async t => {
  spells(t, Type.Object({ byName: Type.Record(Type.String(), Type.Object({ age: Type.Number() })) }),
    { byName: { ann: { age: 1 }, Ann: { age: 2 } } }, '{"ByName":{"ann":{"Age":1},"Ann":{"Age":2}}}')
  spells(t, Type.Object({ a: Type.Number() }, { additionalProperties: Type.Object({ b: Type.Number() }) }),
    { a: 1, other: { b: 2 } }, '{"A":1,"other":{"B":2}}')
  spells(t, Type.Record(Type.String({ pattern: '^x' }), Type.Array(Type.Object({ b: Type.Number() }))), { xa: [{ b: 1 }] }, '{"xa":[{"B":1}]}')
})

tap.test('what nobody has declared stays', async t => {
  spells(t, Type.Object({ any: Type.Any(), list: Type.Array(Type.Unknown()) }),
    { any: { owner: [{ x: 1 }] }, list: [{ y: 1 }] }, '{"Any":{"owner":[{"x":1}]},"List":[{"y":1}]}')
})

tap.test('a property of any kind of schema is declared', async t => {
  spells(t, Type.Unsafe({ type: 'object', properties: { a: true, b: {} } }), { a: { x: 1 }, b: [{ y: 1 }] }, '{"A":{"x":1},"B":[{"y":1}]}')
})

tap.test('unions, intersections, references and recursion', async t => {
  spells(t, Type.Object({ by: Type.Union([Type.Object({ card: Type.String() }), Type.Object({ cash: Type.Object({ paid: Type.Number() }) }), Type.Null()]) }),
    { by: { cash: { paid: 1 } } }, '{"By":{"Cash":{"Paid":1}}}')
  spells(t, Type.Intersect([Type.Object({ a: Type.Object({ x: Type.Number() }) }), Type.Object({ b: Type.Number() })]),
    { a: { x: 1 }, b: 2 }, '{"A":{"X":1},"B":2}')
  spells(t, Type.Recursive(This => Type.Object({ name: Type.String(), kids: Type.Array(This) })),
    { name: 'a', kids: [{ name: 'b', kids: [] }] }, '{"Name":"a","Kids":[{"Name":"b","Kids":[]}]}')
  spells(t, Type.Module({ Order: Type.Object({ lines: Type.Array(Type.Ref('Line')) }), Line: Type.Object({ price: Type.Number() }) }).Import('Order'),
    { lines: [{ price: 1 }] }, '{"Lines":[{"Price":1}]}')
  spells(t, Type.Unsafe({
    type: 'object',
    properties: { kind: { type: 'string' } },
    if: { properties: { kind: { const: 'a' } } },
    then: { properties: { a: { type: 'number' } } },
    dependentSchemas: { kind: { properties: { more: { type: 'number' } } } }
  }), { kind: 'a', a: 1, more: 2 }, '{"Kind":"a","A":1,"More":2}')
})

tap.test('what the store has beside is read as it is', async t => {
  const { fromStored } = pascal(Type.Object({ owner: Type.String(), inner: Type.Optional(Type.Object({ a: Type.Number() })) }))
  t.strictSame(fromStored(parse('{"Owner":"Ann","Newer":{"owner":1},"x":1}')), { owner: 'Ann', Newer: { owner: 1 }, x: 1 })
  t.strictSame(fromStored(parse('{"owner":"Ann","inner":{"A":1}}')), { owner: 'Ann', inner: { a: 1 } }, 'also what was stored before the spelling was set')
  t.strictSame(fromStored(parse('{"owner":"old","Owner":"new"}')), { owner: 'new' })
  t.strictSame(fromStored(parse('{"Owner":"new","owner":"old"}')), { owner: 'new' })
  for (const other of [5, 'x', null, [1], [{ Owner: 1 }], { inner: 1, Inner: [1] }]) t.doesNotThrow(() => fromStored(other))
  t.strictSame(fromStored(parse('{"Inner":[{"A":1}]}')), { inner: [{ A: 1 }] })
})

tap.test('a key of data that would be stored under the name of a property is refused', async t => {
  const { check } = pascal(Type.Object({ list: Type.Array(Type.Object({ owner: Type.String() }, { additionalProperties: true })), fixed: Type.Optional(Type.Object({ a: Type.Number() })) }))
  t.strictSame(check({ list: [{ owner: 'Ann', other: 1 }, { owner: 'Ann', Owner: 'Bob' }] }), [
    { pointer: '/list/1/Owner', rule: 'additionalProperties', message: 'is not known here' }
  ])
  t.strictSame(check({ list: [], fixed: { a: 1, A: 2 } }).length, 1, 'where it is unknown anyway it is told once')
})

tap.test('__proto__ in the store does no harm', async t => {
  const read = pascal(Type.Object({ owner: Type.String() })).fromStored(parse('{"__proto__":{"admin":true},"Owner":"Ann"}')) as Record<string, unknown>
  t.equal(Object.getPrototypeOf(read), Object.prototype)
  t.equal(read.admin, undefined)
  t.equal(read.owner, 'Ann')
})

tap.test('two properties that would be stored under one name are refused', async t => {
  const { code, message } = refusedWith(() => pascal(Type.Object({ inner: Type.Object({ owner: Type.String(), Owner: Type.String() }) })))
  t.equal(code, 'UNISTREAM_DEFINITION_SCHEMA')
  t.match(message, 'The schema of the command Thing.Change cannot be used: owner and Owner are both stored as Owner')
})

tap.test('events are spelled as their commands are', async t => {
  const Changed = Type.Object({ owner: Type.String() })
  t.equal(eventOf(Changed, { spelling: 'PascalCase' }).toStored({ owner: 'Ann' }), '{"Owner":"Ann"}')
  t.equal(eventOf(Changed).toStored({ owner: 'Ann' }), '{"owner":"Ann"}')
})
