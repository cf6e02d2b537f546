import fc from 'fast-check'
import t from 'tap'
import { saysWhatItIs } from '../../lib/embedded/projections/valid-json.js'

const isTaken = (text: string): boolean => saysWhatItIs({ json: true, data: Buffer.from(text) })

function parses (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

t.test('what JSON.parse takes', async (t) => {
  fc.assert(fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom('', ' ', '\n\t', '\r'), (json, around) => isTaken(around + json + around)))
  for (const text of ['0', '-0.5e+10', '1E5', '1.5e-7', '"\\u00e9\\n\\\\"', '{"a":[{},[],"é",null,true,false]}', '[1,2 , 3]']) t.ok(isTaken(text), text)
  t.ok(isTaken('['.repeat(64) + ']'.repeat(64)))
})

t.test('and nothing else, but for what the real server forgives', async (t) => {
  // Texts that are nearly JSON: one letter of it is changed, left out or put in.
  const nearly = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'"\\{}[],:0-.eE+tnu \n\u0001x', ''), fc.nat(1)).map(([json, place, letter, gone]) => {
    const at = place % (json.length + 1)
    return json.slice(0, at) + letter + json.slice(at + gone)
  })
  fc.assert(fc.property(nearly, (text) => isTaken(text) === parses(text) || /,\s*[\]}]/.test(text)), { numRuns: 3_000 })
  for (const text of ['', ' ', 'nope', '{', '[1', '"open', '01', '-', '1.', '1e', '.5', '+1', 'tru', '{"a"}', '{"a":}', '{a:1}', '[1 2]', '1 2', '"\\x"', '"\\u12g4"', '"a\nb"', '\ufeff{}', '[,]x', "'a'"]) {
    t.notOk(isTaken(text), JSON.stringify(text))
  }
  t.notOk(isTaken('['.repeat(65) + ']'.repeat(65)), 'too deep')
  for (const text of ['[1,2,]', '{"a":1, }', '/* why */ {"a":1} // so', '["// no comment", ",]"]', '[1, /* the last */ ]', '/*/ */{}']) t.ok(isTaken(text), text)
  for (const text of ['{} /* open', '{} /*/', '{} /', '[1,,]', '["a"/b/]']) t.notOk(isTaken(text), text)
  t.notOk(isTaken(`["${'a'.repeat(15_000_000)}",`), 'however long')
  // By steps that grow with the square of its length, either would take minutes.
  for (const begun of ['/*', '\\"']) t.notOk(isTaken(`"a" "${begun.repeat(500_000)}`) || isTaken(begun.repeat(500_000)))
  t.ok(saysWhatItIs({ json: false, data: Buffer.from('{') }), 'what says that it is none is not looked at')
})
