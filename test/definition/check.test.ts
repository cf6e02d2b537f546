import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'
import t from 'tap'
import { commandOf, faultsOf, wordsOf } from './define.js'

t.test('all faults are told, each once and with its place', async t => {
  const schema = Type.Object({
    owner: Type.String({ minLength: 1 }),
    'a/b~c': Type.Number(),
    lines: Type.Array(Type.Object({ price: Type.Number({ minimum: 1, multipleOf: 0.01 }) }))
  })
  t.strictSame(commandOf(schema).check({ owner: '', 'x/y': 1, lines: [{ price: 1 }, { price: 0.123 }, {}] }), [
    { pointer: '/a~1b~0c', rule: 'required', message: 'is missing' },
    { pointer: '/x~1y', rule: 'additionalProperties', message: 'is not known here' },
    { pointer: '/owner', rule: 'minLength', message: 'must not be empty' },
    { pointer: '/lines/1/price', rule: 'minimum', message: 'must be at least 1' },
    { pointer: '/lines/1/price', rule: 'multipleOf', message: 'must have at most 2 decimal places' },
    { pointer: '/lines/2/price', rule: 'required', message: 'is missing' }
  ])
})

t.test('nothing is coerced, filled in or removed', async t => {
  const value = { n: '1', extra: 1 }
  const schema = Type.Object({ n: Type.Number(), filled: Type.Optional(Type.Number({ default: 5 })) })
  t.strictSame(faultsOf(schema, value), ['/extra additionalProperties', '/n type'])
  t.strictSame(value, { n: '1', extra: 1 })
  t.strictSame(faultsOf(Type.Object({ flag: Type.Boolean() }), { flag: 'true' }), ['/flag type'])
  t.strictSame(faultsOf(Type.Object({ flag: Type.String() }), { flag: null }), ['/flag type'])
})

t.test('the same value has the same faults, however often it is asked', async t => {
  const { check } = commandOf(Type.Object({ a: Type.Number(), b: Type.Union([Type.Object({ c: Type.Number() }), Type.Null()]) }))
  const value = { a: 'x', b: { c: 'x', d: 1 }, e: 1 }
  const first = check(value)
  t.equal(first.length, 4)
  t.strictSame(check({ a: 1, b: null }), [])
  t.strictSame(check(value), first)
})

t.test('decimals are exact', async t => {
  const schema = Type.Object({ amount: Type.Number({ multipleOf: 0.01, maximum: 70000000000000 }) })
  for (const amount of [1.13, 0.1, 4.35, 1000.5, 69999999999999.99, 70000000000000]) t.strictSame(faultsOf(schema, { amount }), [], String(amount))
  for (const amount of [1.131, 0.005, 1e-9]) t.strictSame(faultsOf(schema, { amount }), ['/amount multipleOf'], String(amount))
  t.strictSame(faultsOf(schema, { amount: 70000000000000.02 }), ['/amount maximum'])
})

t.test('a property is there when it is the object\'s own', async t => {
  const schema = Type.Object({ constructor: Type.String(), toString: Type.Optional(Type.String()) })
  t.strictSame(faultsOf(schema, {}), ['/constructor required'])
  t.strictSame(faultsOf(schema, { constructor: 'x', valueOf: 1 }), ['/valueOf additionalProperties'])
})

t.test('__proto__ is an unknown property everywhere', async t => {
  const body = (text: string): unknown => JSON.parse(text)
  t.strictSame(faultsOf(Type.Object({}), body('{"__proto__":{"a":1}}')), ['/__proto__ additionalProperties'])
  t.strictSame(faultsOf(Type.Object({ r: Type.Record(Type.String(), Type.Any()) }), body('{"r":{"__proto__":1}}')), ['/r/__proto__ additionalProperties'])
  t.strictSame(faultsOf(Type.Object({ any: Type.Any() }), body('{"any":[{"__proto__":{}}]}')), ['/any/0/__proto__ additionalProperties'])
  t.strictSame(faultsOf(Type.Object({ a: Type.Number() }), body('{"__proto__":{"a":1}}')), ['/__proto__ additionalProperties', '/a required'])
})

t.test('what is no JSON is a fault and no exception', async t => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  let deep: unknown = 1
  for (let depth = 0; depth < 100_000; depth++) deep = [deep]
  // eslint-disable-next-line no-sparse-arrays
  const sparse = [1, , 2]
  class Instance { a = 1 }
  const wrong: Array<[unknown, string, string]> = [
    [1n, '', 'is a bigint, which JSON cannot carry'],
    [{ a: 1n }, '/a', 'is a bigint, which JSON cannot carry'],
    [NaN, '', 'must be a number'],
    [Infinity, '', 'is too large a number'],
    [JSON.parse('{"a":-1e999}'), '/a', 'is too large a number'],
    [undefined, '', 'is undefined, which JSON cannot carry'],
    [{ a: undefined }, '/a', 'is undefined, which JSON cannot carry'],
    [sparse, '/1', 'is undefined, which JSON cannot carry'],
    [{ a: () => 1 }, '/a', 'is a function, which JSON cannot carry'],
    [[Symbol('x')], '/0', 'is a symbol, which JSON cannot carry'],
    [{ a: new Date() }, '/a', 'must be a plain object: JSON does not carry instances of classes'],
    [{ a: new Instance() }, '/a', 'must be a plain object: JSON does not carry instances of classes'],
    [cycle, '/self', 'contains itself, which JSON cannot carry'],
    [deep, '/0'.repeat(200), 'is nested more than 200 levels deep']
  ]
  const { check } = commandOf(Type.Unknown())
  for (const [value, pointer, message] of wrong) t.strictSame(check(value), [{ pointer, rule: 'json', message }])
})

t.test('what is no JSON is one fault, whatever the schema says of it', async t => {
  const schema = Type.Object({ a: Type.Number(), b: Type.String(), c: Type.Object({ d: Type.Number() }) })
  t.strictSame(faultsOf(schema, { a: NaN, b: undefined, c: new Map(), e: 1 }), ['/a json', '/b json', '/c json', '/e additionalProperties'])
})

t.test('a part that stands in two places is no cycle, and lone surrogates are JSON', async t => {
  const part = { a: '\ud800' }
  t.strictSame(commandOf(Type.Unknown()).check({ x: part, y: [part, part] }), [])
})

t.test('a UUID is one in either case, without a prefix', async t => {
  const schema = Type.String({ format: 'uuid' })
  t.strictSame(faultsOf(schema, '5F9e65ec-dd5b-4141-93cd-6763b6763f4a'), [])
  t.strictSame(faultsOf(schema, 'urn:uuid:5f9e65ec-dd5b-4141-93cd-6763b6763f4a'), [' format'])
})

t.test('every rule is told in words', async t => {
  const words: Array<[TSchema, unknown, string]> = [
    [Type.Object({}), [], ' must be an object'],
    [Type.Array(Type.Any()), {}, ' must be a list'],
    [Type.String(), 1, ' must be a string'],
    [Type.Number(), '1', ' must be a number'],
    [Type.Integer(), 1.5, ' must be a whole number'],
    [Type.Boolean(), 0, ' must be true or false'],
    [Type.Null(), 0, ' must be null'],
    [Type.Unsafe({ type: ['string', 'null', 'number'] }), true, ' must be a string, null or a number'],
    [Type.Literal('a'), 'b', ' must be "a"'],
    [Type.Unsafe({ enum: ['a', 1, null] }), 'b', ' must be "a", 1 or null'],
    [Type.String({ minLength: 1 }), '', ' must not be empty'],
    [Type.String({ minLength: 2 }), '😀', ' must have at least 2 characters'],
    [Type.String({ maxLength: 1 }), 'ab', ' must have at most 1 character'],
    [Type.String({ pattern: '\\S' }), ' \t', ' must not be blank'],
    [Type.String({ pattern: '^a' }), 'b', ' must match the pattern ^a'],
    [Type.String({ format: 'uuid' }), 'x', ' must be a UUID'],
    [Type.String({ format: 'email' }), 'x', ' must be an e-mail address'],
    [Type.String({ format: 'hostname' }), '-', ' must be a valid hostname'],
    [Type.String({ format: 'date' }), '2023-02-29', ' must be a date such as 2024-02-29'],
    [Type.Number({ minimum: 100 }), 99.99, ' must be at least 100'],
    [Type.Number({ maximum: 100 }), 100.01, ' must be at most 100'],
    [Type.Number({ exclusiveMinimum: 0 }), 0, ' must be above 0'],
    [Type.Number({ exclusiveMaximum: 1 }), 1, ' must be below 1'],
    [Type.Number({ multipleOf: 0.1 }), 0.11, ' must have at most 1 decimal place'],
    [Type.Number({ multipleOf: 1 }), 0.5, ' must be a whole number'],
    [Type.Number({ multipleOf: 0.25 }), 0.3, ' must be a multiple of 0.25'],
    [Type.Array(Type.Any(), { minItems: 1 }), [], ' must have at least 1 item'],
    [Type.Array(Type.Any(), { maxItems: 2 }), [1, 2, 3], ' must have at most 2 items'],
    [Type.Array(Type.Any(), { uniqueItems: true }), [1, 2, 1], ' must not have the same item twice, as at 0 and 2'],
    [Type.Array(Type.Any(), { contains: Type.Literal(1) }), [2], ' must have at least 1 item of a certain kind'],
    [Type.Array(Type.Any(), { contains: Type.Literal(1), minContains: 1, maxContains: 2 }), [2], ' must have 1 to 2 items of a certain kind'],
    [Type.Unsafe({ type: 'object', additionalProperties: true, minProperties: 1 }), {}, ' must have at least 1 property'],
    [Type.Unsafe({ type: 'object', additionalProperties: true, maxProperties: 0 }), { a: 1 }, ' must have at most 0 properties'],
    [Type.Unsafe({ type: 'object', additionalProperties: true, propertyNames: { pattern: '^a' } }), { b: 1 }, '/b is a name that is not allowed here'],
    [Type.Unsafe({ type: 'object', properties: { a: {}, b: {} }, dependentRequired: { a: ['b'] } }), { a: 1 }, '/b is missing, and a needs it'],
    [Type.Unsafe({ type: 'object', properties: { a: false } }), { a: 1 }, '/a is not allowed here'],
    [Type.Tuple([Type.Any()]), [1, 2], ' must not have more than 1 item'],
    [Type.Unsafe({ type: 'array', unevaluatedItems: false }), [1], ' must not have more than 0 items'],
    [Type.Not(Type.Literal(0)), 0, ' must not be 0'],
    [Type.Not(Type.String()), '', ' is what is not allowed here']
  ]
  for (const [schema, value, message] of words) t.ok(wordsOf(schema, value).includes(message), `${message}: ${wordsOf(schema, value).join('; ')}`)
})

t.test('a rule without words of its own is told in those of Ajv', async t => {
  t.strictSame(wordsOf(Type.String({ formatMinimum: '2024-01-01', format: 'date' }), '2023-01-01'), [' should be >= 2024-01-01'])
})

t.test('a body with very many faults is checked at a cost that grows with it alone', async t => {
  const many = 20_000
  const schema = Type.Intersect([
    Type.Object({ list: Type.Array(Type.Object({ a: Type.Optional(Type.Number()) })) }),
    Type.Union([Type.Object({ kind: Type.Literal('a') }), Type.Object({ kind: Type.Literal('b') })])
  ])
  const list = Array.from({ length: many }, () => JSON.parse('{"__proto__":1,"b":1}') as unknown)
  const unknown = Object.fromEntries(Array.from({ length: many }, (_, index) => [`x${index}`, 1]))
  // Squares of these numbers would keep it busy for minutes.
  t.equal(commandOf(schema, { spelling: 'PascalCase' }).check({ list, ...unknown }).length, 3 * many + 1)
})
