import { Type } from '@sinclair/typebox'
import t from 'tap'
import { commandOf, faultsOf, wordsOf } from './define.js'

const Card = Type.Object({ kind: Type.Literal('card'), number: Type.String(), holder: Type.String() })
const Cash = Type.Object({ kind: Type.Literal('cash') })
const Payment = Type.Object({ by: Type.Union([Card, Cash, Type.Null()]) })

t.test('a value of some form fits', async t => {
  for (const by of [{ kind: 'cash' }, { kind: 'card', number: '1', holder: 'Ann' }, null]) t.strictSame(faultsOf(Payment, { by }), [])
})

t.test('the faults are those of the form that was meant', async t => {
  t.strictSame(faultsOf(Payment, { by: { kind: 'card', number: 1, x: 1 } }), ['/by/holder required', '/by/x additionalProperties', '/by/number type'])
  t.strictSame(faultsOf(Payment, { by: { kind: 'cash', number: '1' } }), ['/by/number additionalProperties'])
})

t.test('a mark of no form is told with those that there are', async t => {
  t.strictSame(wordsOf(Payment, { by: { kind: 'cheque', x: 1 } }), ['/by/kind must be "card" or "cash"'])
})

t.test('a value of another type is told with the types that there are', async t => {
  t.strictSame(wordsOf(Payment, { by: 'cash' }), ['/by must be an object or null'])
  t.strictSame(wordsOf(Type.Union([Type.String(), Type.Number(), Type.String({ minLength: 1 })]), true), [' must be a string or a number'])
})

t.test('literals are listed', async t => {
  t.strictSame(wordsOf(Type.Union([Type.Literal('a'), Type.Literal('b'), Type.Literal(3)]), 'c'), [' must be "a", "b" or 3'])
  t.strictSame(wordsOf(Type.Union([Type.Literal('a'), Type.Null()]), 'c'), [' must be "a" or null'])
  t.strictSame(wordsOf(Type.Union([Type.Unsafe({ enum: ['a', 'b'] }), Type.Number()]), 'c'), [' must be "a", "b" or a number'])
  t.strictSame(wordsOf(Type.Union([Type.Unsafe({ type: ['string', 'null'] }), Type.Number()]), true), [' fits none of the forms that are allowed here'])
})

t.test('of forms without marks, the one that is nearest', async t => {
  const contact = Type.Union([Type.Object({ mail: Type.String() }), Type.Object({ phone: Type.String() })])
  t.strictSame(faultsOf(contact, { mail: 5 }), ['/mail type'])
  t.strictSame(wordsOf(contact, {}), [' fits none of the forms that are allowed here'], 'none is nearer than the other')
})

t.test('of forms of which some have marks, one without the wrong mark', async t => {
  const schema = Type.Union([Card, Type.Object({ kind: Type.String(), other: Type.Number() })])
  t.strictSame(faultsOf(schema, { kind: 'x', other: 'y' }), ['/other type'])
})

t.test('forms with different marks, or marks that cannot be listed, are one fault', async t => {
  const different = Type.Union([Type.Object({ a: Type.Literal(1), b: Type.Any() }), Type.Object({ a: Type.Any(), b: Type.Literal(1) })])
  t.strictSame(faultsOf(different, { a: 2, b: 2 }), [' anyOf'])
  const byPattern = Type.Union([Cash, Type.Unsafe({ type: 'object', properties: { x: {} }, patternProperties: { '^kind$': { const: 'card' } } })])
  t.strictSame(faultsOf(byPattern, { kind: 'cheque' }), [' anyOf'])
  const joined = Type.Union([Cash, Type.Intersect([Card, Type.Object({ at: Type.String() })])])
  t.strictSame(faultsOf(joined, { kind: 'cheque' }), [' anyOf'])
})

t.test('unions in unions are told from the inside', async t => {
  const schema = Type.Object({
    x: Type.Union([Type.Object({ kind: Type.Literal('a'), y: Type.Union([Type.Literal(1), Type.Literal(2)]) }), Type.Object({ kind: Type.Literal('b') })])
  })
  t.strictSame(wordsOf(schema, { x: { kind: 'a', y: 3 } }), ['/x/y must be 1 or 2'])
})

t.test('forms may refer to the whole, or to other schemas', async t => {
  const List = Type.Recursive(This => Type.Object({ value: Type.Number(), next: Type.Union([This, Type.Null()]) }), { $id: 'List' })
  t.strictSame(faultsOf(List, { value: 1, next: { value: 2, next: null } }), [])
  t.strictSame(faultsOf(List, { value: 1, next: { value: 2, next: { value: 'x', next: null, y: 1 } } }), ['/next/next/y additionalProperties', '/next/next/value type'])
  const Inner = Type.Object({ list: List, other: Type.Union([Type.Unsafe({ $ref: 'List' }), Type.Boolean()]) })
  t.strictSame(faultsOf(Inner, { list: { value: 1, next: null }, other: { value: 1, next: { value: 2 } } }), ['/other/next/next required'])
})

t.test('names that mean something in a URI do no harm', async t => {
  const schema = Type.Object({ 'a/b#c %25~é?': Type.Object({ '%': Type.Union([Type.Object({ k: Type.Literal(1), n: Type.Number() }), Type.Null()]) }) })
  t.strictSame(faultsOf(schema, { 'a/b#c %25~é?': { '%': { k: 1, n: 'x' } } }), ['/a~1b#c %25~0é?/%/n type'])
})

t.test('several unions at one place', async t => {
  const schema = Type.Intersect([
    Type.Union([Type.Object({ a: Type.Literal(1) }), Type.Object({ a: Type.Literal(2) })]),
    Type.Union([Type.Object({ b: Type.Literal(1) }), Type.Object({ b: Type.Literal(2) })])
  ])
  t.strictSame(faultsOf(schema, { a: 1, b: 2 }), [])
  t.strictSame(faultsOf(schema, { a: 3, b: 3, c: 3 }).sort(), ['/a enum', '/b enum', '/c unevaluatedProperties'])
})

t.test('of oneOf, exactly one', async t => {
  const schema = Type.Unsafe({ oneOf: [{ type: 'number', minimum: 0 }, { type: 'number', maximum: 10 }] })
  t.strictSame(faultsOf(schema, 11), [])
  t.strictSame(commandOf(schema).check(5), [{ pointer: '', rule: 'oneOf', message: 'fits more than one of the forms that are allowed here, and must fit one of them' }])
  t.strictSame(wordsOf(schema, 'x'), [' must be a number'])
})
