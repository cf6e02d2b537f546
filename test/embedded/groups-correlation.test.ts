import t from 'tap'
import { correlationId, UnreadableMetadata } from '../../lib/embedded/groups/correlation.js'

const found: Record<string, string> = {
  '{"$correlationId":"a","x":{}}': 'a',
  '{"x":1,"$correlationId":"a"}': 'a',
  ' { "x" : [1, "two", [ ], null] ,\n"$correlationId" : "a" }': 'a',
  // A nested one that comes earlier wins.
  '{"x":{"$correlationId":"inner"},"$correlationId":"outer"}': 'inner',
  '{"$correlationId":{"$correlationId":"inner"}}': 'inner',
  '[{"$correlationId":"in a list"}]': 'in a list',
  // No string: passed over.
  '{"$correlationId":1,"a":{"$correlationId":"later"}}': 'later',
  '{"$correlationId":["a"],"$correlationId":"later"}': 'later',
  // Escapes, in the name and in the value.
  '{"\\u0024correlationId":"a\\"b"}': 'a"b',
  // What stands behind it is never looked at.
  '{"$correlationId":"a",,,': 'a',
  '{"$correlationId":"é😀"}': 'é😀'
}

const missing = [
  '',
  '{}',
  '[]',
  '"$correlationId"',
  'null',
  ' -1.5e+3 ',
  '{"a":"$correlationId","b":"c"}',
  // The nested closing brace ends the search.
  '{"x":{},"$correlationId":"a"}',
  '{"x":{"y":1},"$correlationId":"a"}',
  '{"x":{}} and what is no JSON',
  '{"$correlationId":null}',
  '{"$CorrelationId":"a"}'
]

const unreadable = [
  'text',
  '{',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1 "b":2}',
  '{a:1}',
  '[1,]',
  '[1}',
  '{"a":1]',
  '{"a":01}',
  '{"a":tru}',
  '{"a":"\u0001"}',
  '{"a":"\\x"}',
  '1 {}',
  '\u0000\u0001'
]

t.test('a correlation id is found by a flat scan of tokens', async (t) => {
  for (const [text, id] of Object.entries(found)) t.equal(correlationId(Buffer.from(text)), id, text)
})

t.test('there is none', async (t) => {
  for (const text of missing) t.equal(correlationId(Buffer.from(text)), undefined, text)
})

t.test('metadata that is not JSON, as far as it is read', async (t) => {
  for (const text of unreadable) t.throws(() => correlationId(Buffer.from(text)), UnreadableMetadata, text)
  t.throws(() => correlationId(Uint8Array.of(0xff, 0xfe, 0x00)), UnreadableMetadata)
})
