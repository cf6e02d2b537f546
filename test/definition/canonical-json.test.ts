import t from 'tap'
import { canonicalJson } from '../../lib/definition/index.js'

t.test('keys stand in the order of their UTF-16 code units, at every depth', async t => {
  t.equal(canonicalJson({ b: 1, a: [{ d: null, c: true }], 10: 'x', 9: 'y', é: 1, Z: 2 }),
    '{"10":"x","9":"y","Z":2,"a":[{"c":true,"d":null}],"b":1,"é":1}')
  t.equal(canonicalJson(JSON.parse('{"a":{"y":1,"x":2}}')), canonicalJson(JSON.parse('{"a":{"x":2,"y":1}}')))
})

t.test('the order of items counts', async t => {
  t.not(canonicalJson([1, 2]), canonicalJson([2, 1]))
})

t.test('primitives are written as JSON writes them', async t => {
  t.equal(canonicalJson('a"b\n'), '"a\\"b\\n"')
  t.equal(canonicalJson(1000.50), '1000.5')
  t.equal(canonicalJson(-0), '0')
  t.equal(canonicalJson(null), 'null')
  t.equal(canonicalJson('\ud800'), '"\\ud800"')
})

t.test('what is undefined is left out, as JSON leaves it out', async t => {
  t.equal(canonicalJson({ a: undefined, b: [undefined, 1] }), '{"b":[null,1]}')
  t.equal(canonicalJson(undefined), 'null')
})

t.test('a key may have any name', async t => {
  t.equal(canonicalJson(JSON.parse('{"__proto__":{"b":1,"a":2},"constructor":1}')), '{"__proto__":{"a":2,"b":1},"constructor":1}')
})
