import t from 'tap'
import { jsonFault } from '../../lib/http/json-fault.js'

const GOOD = '{"a": [1, -2.5e+3, true, false, null, "x\\u00e9\\n"], "b": {}, "c": [], "d": {"e": [[{"f": "g"}]]}}'

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

t.test('it tells the place and what would have to stand there', async (t) => {
  const cases: Array<[string, string]> = [
    ['', 'ends too early, at line 1, column 1: expected a value'],
    [' \n ', 'ends too early, at line 2, column 2: expected a value'],
    ['{', 'ends too early, at line 1, column 2: expected a name in double quotes or }'],
    ['{"a"', 'ends too early, at line 1, column 5: expected :'],
    ['{"a":1,', 'ends too early, at line 1, column 8: expected a name in double quotes'],
    ['[', 'ends too early, at line 1, column 2: expected a value or ]'],
    ['[1', 'ends too early, at line 1, column 3: expected , or ]'],
    ['[1 2]', 'is no JSON at line 1, column 4: expected , or ]'],
    ['[1,]', 'is no JSON at line 1, column 4: expected a value'],
    ['{a: 1}', 'is no JSON at line 1, column 2: expected a name in double quotes or }'],
    ['{"a" 1}', 'is no JSON at line 1, column 6: expected :'],
    ['{"a": 01}', 'is no JSON at line 1, column 8: expected , or }'],
    ['{"a": \'x\'}', 'is no JSON at line 1, column 7: expected a value'],
    ['{"a": "x\ny"}', 'is no JSON at line 1, column 7: expected a value'],
    ['{"a": "\\x"}', 'is no JSON at line 1, column 7: expected a value'],
    ['{} {}', 'is no JSON at line 1, column 4: expected the end'],
    ['[}', 'is no JSON at line 1, column 2: expected a value or ]'],
    ['{"a": [}', 'is no JSON at line 1, column 8: expected a value or ]'],
  ]
  for (const [text, fault] of cases) {
    t.notOk(isJson(text))
    t.equal(jsonFault(text), fault, text)
  }
})

t.test('of JSON it reads everything: then the end is what may follow', async (t) => {
  for (const text of [GOOD, ' [ ] ', '"x"', '-0', ' true ', JSON.stringify(GOOD)]) {
    t.match(jsonFault(text), /^ends too early, .*: expected the end$/, text)
  }
})

t.test('whatever is put into JSON or taken out of it, it agrees with the parser about whether that is JSON', async (t) => {
  for (let at = 0; at < GOOD.length; at++) {
    for (const put of ['', '{', '}', '[', ']', ',', ':', '"', '\\', '1', '-', '.', 'e', 't', ' ', '\u0001']) {
      for (const text of [GOOD.slice(0, at) + put + GOOD.slice(at), GOOD.slice(0, at) + put + GOOD.slice(at + 1)]) {
        const complete = /^ends too early, .*: expected the end$/.test(jsonFault(text))
        if (complete !== isJson(text)) t.fail(text)
      }
    }
  }
})

t.test('neither depth nor length is too much for it', async (t) => {
  t.match(jsonFault('['.repeat(500_000)), 'ends too early, at line 1, column 500001: expected a value or ]')
  t.match(jsonFault(`{"a": "${'x'.repeat(1_000_000)}", }`), 'is no JSON at line 1, column 1000011: expected a name in double quotes')
})
