import { Kind, Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'
import t from 'tap'
import { commandOf, faultsOf, refusedWith } from './define.js'

t.test('unknown properties are refused at every depth', async t => {
  const Inner = Type.Object({ a: Type.Number() })
  const schema = Type.Object({
    object: Inner,
    list: Type.Array(Inner),
    tuple: Type.Tuple([Inner, Type.String()]),
    record: Type.Record(Type.String(), Inner),
    union: Type.Union([Inner, Type.Null()]),
    optional: Type.Optional(Type.Object({ inner: Inner }))
  })
  const inner = { a: 1 }
  const fitting = { object: inner, list: [inner], tuple: [inner, 'x'], record: { key: inner }, union: inner, optional: { inner } }
  t.strictSame(faultsOf(schema, fitting), [])
  const more = { a: 1, x: 1 }
  t.strictSame(faultsOf(schema, { object: more, list: [inner, more], tuple: [more, 'x'], record: { key: more }, union: more, optional: { inner: more }, x: 1 }).sort(), [
    '/list/1/x additionalProperties',
    '/object/x additionalProperties',
    '/optional/inner/x additionalProperties',
    '/record/key/x additionalProperties',
    '/tuple/0/x additionalProperties',
    '/union/x additionalProperties',
    '/x additionalProperties'
  ])
})

t.test('an empty object has no properties', async t => {
  t.strictSame(faultsOf(Type.Object({}), {}), [])
  t.strictSame(faultsOf(Type.Object({}), { a: 1 }), ['/a additionalProperties'])
  t.strictSame(faultsOf(Type.Unsafe({ type: 'object' }), { a: 1 }), ['/a additionalProperties'])
  t.strictSame(faultsOf(Type.Unsafe({ type: ['object', 'null'] }), { a: 1 }), ['/a additionalProperties'])
})

t.test('what the author says of other properties stands', async t => {
  t.strictSame(faultsOf(Type.Object({ a: Type.Number() }, { additionalProperties: true }), { a: 1, b: 2 }), [])
  t.strictSame(faultsOf(Type.Object({ a: Type.Number() }, { additionalProperties: Type.String() }), { a: 1, b: 2, c: 'x' }), ['/b type'])
  t.strictSame(faultsOf(Type.Object({}, { additionalProperties: Type.Object({ a: Type.Number() }) }), { x: { a: 1, b: 2 } }),
    ['/x/b additionalProperties'], 'what is below is closed')
  t.strictSame(faultsOf(Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })], { unevaluatedProperties: Type.Boolean() }),
    { a: 1, b: 2, c: true, d: 1 }), ['/d type'])
})

t.test('an intersection knows the properties of all its parts', async t => {
  const schema = Type.Intersect([
    Type.Object({ a: Type.Number(), inner: Type.Object({ b: Type.Number() }) }),
    Type.Object({ c: Type.Optional(Type.Number()) })
  ])
  t.strictSame(faultsOf(schema, { a: 1, inner: { b: 1 }, c: 1 }), [])
  t.strictSame(faultsOf(schema, { a: 'x', inner: { b: 1, y: 1 }, x: 1 }).sort(),
    ['/a type', '/inner/y additionalProperties', '/x unevaluatedProperties'])
})

t.test('an intersection with a union knows the properties of the form that fits', async t => {
  const schema = Type.Intersect([
    Type.Object({ id: Type.Number() }),
    Type.Union([Type.Object({ kind: Type.Literal('a'), a: Type.Number() }), Type.Object({ kind: Type.Literal('b'), b: Type.Number() })])
  ])
  t.strictSame(faultsOf(schema, { id: 1, kind: 'a', a: 1 }), [])
  t.strictSame(faultsOf(schema, { id: 1, kind: 'a', a: 1, b: 1 }), ['/b unevaluatedProperties'])
  t.strictSame(faultsOf(schema, { id: 1, kind: 'a', a: 'x', z: 1 }).sort(), ['/a type', '/z unevaluatedProperties'],
    'of a form that fails, only what no form knows is unknown')
})

t.test('an intersection of records and unions with patterns', async t => {
  const schema = Type.Intersect([
    Type.Object({ id: Type.Number() }),
    Type.Union([Type.Record(Type.String({ pattern: '^n' }), Type.Number()), Type.Object({ s: Type.String() })])
  ])
  t.strictSame(faultsOf(schema, { id: 1, na: 1, nb: 2 }), [])
  t.strictSame(faultsOf(schema, { id: 1, na: 'x', z: 1 }).filter(fault => fault.includes('unevaluated')), ['/z unevaluatedProperties'])
})

t.test('an intersection of what is no object stays as it is', async t => {
  const schema = Type.Object({ a: Type.Intersect([Type.String({ minLength: 2 }), Type.String({ maxLength: 3 })]) })
  t.strictSame(faultsOf(schema, { a: 'ab' }), [])
  t.strictSame(faultsOf(schema, { a: 'a' }), ['/a minLength'])
})

t.test('oneOf means exactly one form, each known by all its properties', async t => {
  const schema = Type.Unsafe({
    oneOf: [Type.Object({ a: Type.Number() }), Type.Object({ a: Type.Number(), b: Type.Number() })]
  })
  t.strictSame(faultsOf(schema, { a: 1 }), [])
  t.strictSame(faultsOf(schema, { a: 1, b: 1 }), [' oneOf'], 'both fit, which the author has ruled out')
  t.strictSame(faultsOf(schema, { a: 1, c: 1 }), ['/c unevaluatedProperties'])
  t.match(faultsOf(schema, []), [/oneOf$/])
})

t.test('forms that only say what is required know the properties beside them', async t => {
  const schema = Type.Unsafe({
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    anyOf: [{ required: ['a'] }, { required: ['b'] }]
  })
  t.strictSame(faultsOf(schema, { a: 1 }), [])
  t.strictSame(faultsOf(schema, { b: 1, c: 1 }), ['/c unevaluatedProperties'])
  t.strictSame(faultsOf(schema, {}), [' anyOf'])
  const without = Type.Unsafe({ type: 'object', anyOf: [{ type: 'object', required: ['a'] }] })
  t.strictSame(faultsOf(without, { a: 1 }), ['/a additionalProperties'])
})

t.test('then, else and dependentSchemas add properties', async t => {
  const schema = Type.Unsafe({
    type: 'object',
    properties: { kind: { type: 'string' }, card: { type: 'string' } },
    if: { properties: { kind: { const: 'a' } } },
    then: { properties: { a: { type: 'number' } } },
    else: { properties: { b: { type: 'number' } } },
    dependentSchemas: { card: { properties: { pin: { type: 'number' } }, required: ['pin'] } },
    dependentRequired: { card: ['kind'] }
  })
  t.strictSame(faultsOf(schema, { kind: 'a', a: 1 }), [])
  t.strictSame(faultsOf(schema, { kind: 'b', b: 1, card: 'x', pin: 1 }), [])
  t.strictSame(faultsOf(schema, { kind: 'a', b: 1 }), ['/b unevaluatedProperties'])
  t.strictSame(faultsOf(schema, { kind: 'a', a: 'x' }), ['/a type'])
  t.strictSame(faultsOf(schema, { card: 'x', kind: 'b', pin: 'x', c: 1 }).sort(), ['/c unevaluatedProperties', '/pin type'])
  t.strictSame(faultsOf(schema, { card: 'x' }).sort(), ['/kind dependentRequired', '/pin required'])
})

t.test('what a value is compared with keeps its meaning', async t => {
  const schema = Type.Object({
    list: Type.Array(Type.Object({ a: Type.Number(), b: Type.Number() }), { contains: Type.Object({ a: Type.Literal(1) }) }),
    not: Type.Unsafe({ type: 'object', properties: { a: { type: 'number' } }, not: { type: 'object', properties: { a: { const: 1 } }, required: ['a'] } })
  })
  t.strictSame(faultsOf(schema, { list: [{ a: 1, b: 2 }], not: { a: 2 } }), [])
  t.strictSame(faultsOf(schema, { list: [{ a: 2, b: 2 }], not: { a: 1 } }).sort(), ['/list contains', '/not not'])
})

t.test('recursive schemas are closed all the way down', async t => {
  const Tree = Type.Recursive(This => Type.Object({ name: Type.String(), kids: Type.Array(This) }), { $id: 'Tree' })
  t.strictSame(faultsOf(Tree, { name: 'a', kids: [{ name: 'b', kids: [] }] }), [])
  t.strictSame(faultsOf(Tree, { name: 'a', kids: [{ name: 'b', kids: [{ name: 'c', kids: [], x: 1 }] }] }), ['/kids/0/kids/0/x additionalProperties'])
})

t.test('recursive schemas inside intersections are closed below, and open beside the others', async t => {
  const Tree = Type.Recursive(This => Type.Object({ name: Type.String(), kids: Type.Array(This) }), { $id: 'Tree' })
  const schema = Type.Intersect([Tree, Type.Object({ label: Type.String() })])
  t.strictSame(faultsOf(schema, { name: 'a', label: 'x', kids: [{ name: 'b', kids: [] }] }), [])
  t.strictSame(faultsOf(schema, { name: 'a', label: 'x', y: 1, kids: [{ name: 'b', kids: [], label: 'x' }] }).sort(),
    ['/kids/0/label additionalProperties', '/y unevaluatedProperties'])
})

t.test('a recursive schema may intersect itself with something else, one step down', async t => {
  const Tree = Type.Recursive(This => Type.Object({
    name: Type.String(),
    kids: Type.Array(Type.Intersect([This, Type.Object({ born: Type.Number() })]))
  }), { $id: 'Tree' })
  t.strictSame(faultsOf(Tree, { name: 'a', kids: [{ name: 'b', born: 1, kids: [{ name: 'c', born: 2, kids: [] }] }] }), [])
  t.strictSame(faultsOf(Tree, { name: 'a', kids: [{ name: 'b', born: 1, kids: [{ name: 'c', kids: [], x: 1 }] }] }).sort(),
    ['/kids/0/kids/0/born required', '/kids/0/kids/0/x unevaluatedProperties'])
})

t.test('references to a schema that a value is only compared with mean a closed one', async t => {
  const schema = Type.Unsafe({
    type: 'object',
    properties: { a: { $ref: 'A' }, list: { type: 'array', items: {}, contains: { $id: 'A', type: 'object', properties: { x: { const: 1 } }, required: ['x'] } } }
  })
  t.strictSame(faultsOf(schema, { a: { x: 1 }, list: [{ x: 1, y: 1 }] }), [])
  t.strictSame(faultsOf(schema, { a: { x: 1, y: 1 } }), ['/a/y additionalProperties'])
})

t.test('modules of schemas that refer to each other are closed', async t => {
  const Module = Type.Module({
    Order: Type.Object({ lines: Type.Array(Type.Ref('Line')) }),
    Line: Type.Object({ price: Type.Number() })
  })
  t.strictSame(faultsOf(Module.Import('Order'), { lines: [{ price: 1 }] }), [])
  t.strictSame(faultsOf(Module.Import('Order'), { lines: [{ price: 1, x: 1 }], y: 1 }).sort(),
    ['/lines/0/x additionalProperties', '/y additionalProperties'])
})

t.test('references by pointer are followed', async t => {
  const schema = Type.Unsafe({
    type: 'object',
    $defs: { 'a/b': { type: 'object', properties: { x: { type: 'number' } } } },
    properties: { first: { $ref: '#/$defs/a~1b' }, list: { type: 'array', items: { $ref: '#/$defs/a~1b' } } }
  })
  t.strictSame(faultsOf(schema, { first: { x: 1 }, list: [{ x: 1 }, { x: 2 }] }), [])
  t.strictSame(faultsOf(schema, { first: { x: 1, y: 1 }, list: [{ x: 1 }, { y: 2 }] }).sort(), ['/first/y additionalProperties', '/list/1/y additionalProperties'])
})

t.test('one schema with an $id may stand in several places', async t => {
  const Money = Type.Object({ amount: Type.Number() }, { $id: 'Money' })
  const schema = Type.Object({ a: Money, b: Money, c: Type.Intersect([Money, Type.Object({ at: Type.String() })]), d: Type.Intersect([Money, Type.Object({ by: Type.String() })]) })
  const money = { amount: 1 }
  t.strictSame(faultsOf(schema, { a: money, b: money, c: { ...money, at: '' }, d: { ...money, by: '' } }), [])
  t.strictSame(faultsOf(schema, { a: money, b: { ...money, x: 1 }, c: { ...money, at: '', x: 1 }, d: { ...money, by: '' } }).sort(),
    ['/b/x additionalProperties', '/c/x unevaluatedProperties'])
})

t.test('the author\'s schema is left as it was, and the closed one is what is shown', async t => {
  const schema = Type.Object({ inner: Type.Object({ a: Type.Number() }) })
  const before = JSON.stringify(schema)
  const shown = commandOf(schema).schema as typeof schema & { additionalProperties: unknown }
  t.equal(JSON.stringify(schema), before)
  t.equal(shown.additionalProperties, false)
  t.equal((shown.properties.inner as { additionalProperties?: unknown }).additionalProperties, false)
  t.equal(shown[Kind], 'Object', 'for what works on TypeBox schemas')
})

t.test('changes of the shown schema change no check', async t => {
  const definition = commandOf(Type.Object({ a: Type.Number() }))
  delete (definition.schema as TSchema & { additionalProperties?: unknown }).additionalProperties
  t.equal(definition.check({ a: 1, b: 1 }).length, 1)
})

t.test('a schema that JSON data cannot be checked against is refused, with its command and the place', async t => {
  const circular = { type: 'object', properties: {} as Record<string, unknown> }
  circular.properties.self = circular
  const refused: Array<[string, unknown, RegExp]> = [
    ['no schema', 5, /it is no schema/],
    ['null', null, /it is no schema/],
    ['Type.Date', Type.Object({ at: Type.Date() }), /at \/properties\/at, JSON cannot carry a Date: use Type.String\(\{ format: 'date-time' \}\)/],
    ['Type.BigInt', Type.Object({ n: Type.BigInt() }), /JSON cannot carry a bigint: use Type.Integer\(\)/],
    ['Type.Undefined', Type.Object({ n: Type.Undefined() }), /use Type.Optional/],
    ['Type.Uint8Array', Type.Object({ n: Type.Uint8Array() }), /JSON cannot carry a Uint8Array/],
    ['Type.RegExp', Type.Object({ n: Type.RegExp(/a/) }), /use Type.String\(\{ pattern \}\)/],
    ['Type.Function', Type.Object({ n: Type.Function([], Type.Void()) }), /JSON cannot carry a Function: use what JSON has/],
    ['Type.Symbol', Type.Object({ n: Type.Symbol() }), /JSON cannot carry a symbol/],
    ['Type.Promise', Type.Array(Type.Promise(Type.String())), /at \/items, JSON cannot carry a Promise/],
    ['in a union', Type.Object({ n: Type.Union([Type.String(), Type.Date()]) }), /at \/properties\/n\/anyOf\/1, JSON cannot carry a Date/],
    ['in not', Type.Object({ n: Type.Not(Type.Date()) }), /at \/properties\/n\/not, JSON cannot carry a Date/],
    ['at the top', Type.Date(), /at its top, JSON cannot carry a Date/],
    ['another kind', Type.Unsafe({ [Kind]: 'Money' }), /the TypeBox kind Money says nothing in JSON schema/],
    ['an unknown format', Type.Object({ a: Type.String({ format: 'iban' }) }), /unknown format "iban"/],
    ['an unknown keyword', Type.Object({ a: Type.String({ minLenght: 1 }) }), /unknown keyword: "minLenght"/],
    ['a keyword of another type', Type.Object({ a: Type.Unsafe({ type: 'number', minLength: 1 }) }), /strict mode/],
    ['a keyword\'s value', Type.Object({ a: Type.Number({ minimum: '1' as unknown as number }) }), /minimum value must be/],
    ['a step of zero', Type.Object({ a: Type.Number({ multipleOf: 0 }) }), /multipleOf must be above 0/],
    ['a pattern', Type.Object({ a: Type.String({ pattern: '(' }) }), /Invalid regular expression/],
    ['a reference out of it', Type.Object({ a: Type.Ref('Elsewhere') }), /refers to Elsewhere, which is not in it/],
    ['a reference to nothing', Type.Unsafe({ $ref: '#/$defs/a' }), /refers to #\/\$defs\/a, which is not in it/],
    ['a reference to no schema', Type.Unsafe({ type: 'object', properties: { a: { $ref: '#/type' } } }), /refers to #\/type, which/],
    ['a reference into its structure', Type.Unsafe({ type: 'object', properties: { a: { type: 'string' }, b: { $ref: '#/properties/a' } } }), /refers to #\/properties\/a, which is not in it/],
    ['a reference to what is no schema', Type.Unsafe({ type: 'object', $defs: { a: 1 }, properties: { b: { $ref: '#/$defs/a' } } }), /which is not in it/],
    ['a reference to an anchor', Type.Unsafe({ type: 'object', properties: { a: { $ref: '#there' } } }), /refers to #there, which/],
    ['an anchor', Type.Unsafe({ $anchor: 'there', type: 'object' }), /\$anchor is not supported: use \$id/],
    ['dependencies', Type.Unsafe({ type: 'object', dependencies: {} }), /use dependentRequired/],
    ['a reference to itself', Type.Unsafe({ $id: 'T1', allOf: [{ $ref: 'T1' }, { type: 'object' }] }), /refers to itself by T1 without a property/],
    ['itself', circular, /at \/properties\/self, it contains itself: use Type.Recursive/],
    ['two schemas of one $id', Type.Object({ a: Type.Object({}, { $id: 'A' }), b: Type.String({ $id: 'A' }) }), /at \/properties\/b, another schema in it has the \$id A too/],
    ['the $id of the whole', Type.Object({ a: Type.Object({}, { $id: 'A' }) }, { $id: 'A' }), /another schema in it has the \$id A too/],
    ['an intersection of objects and more', Type.Intersect([Type.Union([Type.Object({ a: Type.Number() }), Type.Null()]), Type.Unknown()]),
      /joins objects with what may be something else/],
    ['a union joined by pointer', Type.Unsafe({
      type: 'object', $defs: { a: { type: 'object', properties: {} } }, allOf: [{ $ref: '#/$defs/a' }], properties: { b: { type: 'number' } }
    }), /joins #\/\$defs\/a with something else: give what it refers to an \$id/]
  ]
  for (const [name, schema, message] of refused) {
    const error = refusedWith(() => commandOf(schema as TSchema))
    t.equal(error.code, 'UNISTREAM_DEFINITION_SCHEMA', name)
    t.match(error.message, message, name)
    t.match(error.message, 'The schema of the command Thing.Change cannot be used', name)
  }
})

t.test('what TypeBox makes of plain data is taken', async t => {
  const schema = Type.Object({
    literal: Type.Literal('a'),
    enumeration: Type.Enum({ A: 'a', B: 'b' }),
    template: Type.TemplateLiteral([Type.Literal('a-'), Type.Union([Type.Literal('b'), Type.Literal('c')])]),
    any: Type.Any(),
    unknown: Type.Unknown(),
    nothing: Type.Null(),
    composite: Type.Composite([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })]),
    partial: Type.Partial(Type.Object({ a: Type.Number() })),
    transform: Type.Transform(Type.String()).Decode(Number).Encode(String),
    never: Type.Optional(Type.Never())
  }, { title: 'All', description: 'All kinds', examples: [], default: {} })
  t.strictSame(faultsOf(schema, {
    literal: 'a', enumeration: 'b', template: 'a-b', any: { x: [] }, unknown: 5, nothing: null, composite: { a: 1, b: 2 }, partial: {}, transform: '5'
  }), [])
})
