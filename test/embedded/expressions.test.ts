import t from 'tap'
import { compileExpression, ExpressionError } from '../../lib/embedded/streams/expression.js'

t.test('expressions of .NET match what they match there', async (t) => {
  for (const [expression, matching, others] of [
    ['^order-', ['order-1'], ['Order-1', 'x-order-1']],
    ['rder', ['order-1'], ['roder']],
    ['(?i)^order-', ['order-1', 'ORDER-1'], ['xorder-1']],
    [String.raw`\AOrder-`, ['Order-1'], ['order-1', '\nOrder-1']],
    [String.raw`^Order-1\z`, ['Order-1'], ['Order-12', 'Order-1\n']],
    [String.raw`^Order-1\Z`, ['Order-1', 'Order-1\n'], ['Order-12', 'Order-1\n\n']],
    ['^Order-1$', ['Order-1', 'Order-1\n'], ['Order-12']],
    ['(?m)^b$', ['a\nb\nc'], ['ab']],
    ['(?s)^a.b$', ['a\nb', 'axb'], ['ab']],
    ['^a.b$', ['axb', 'a\rb'], ['a\nb']],
    ['(?si)^A.b$', ['a\nB'], []],
    [String.raw`^\w+-\d$`, ['ströme-1', 'a_b-٣'], ['a b-1', 'x-y']],
    [String.raw`^\W\D$`, ['-x'], ['x1', '-1']],
    [String.raw`^[\w.]+$`, ['ö.a'], ['a-b']],
    [String.raw`^[\d-]+$`, ['1-2'], ['a']],
    [String.raw`\bord\b`, ['a ord', 'ord-1'], ['word', 'ordö']],
    [String.raw`a\Bb`, ['ab'], []],
    [String.raw`\Bd\b`, ['ord', 'wörd-1'], ['a d', 'da']],
    [String.raw`^a\-b\.c\/d\#e$`, ['a-b.c/d#e'], ['a-bxc/d#e']],
    ['^a{b}]$', ['a{b}]'], ['ab']],
    ['^a{2,3}$', ['aa', 'aaa'], ['a', 'a{2,3}']],
    ['^a{,3}$', ['a{,3}'], ['a']],
    ['^[]a]$', [']', 'a'], ['b']],
    ['^[^]a]$', ['b'], [']', 'a']],
    [String.raw`^[[\]]$`, ['[', ']'], ['x']],
    [String.raw`^[\b\e]$`, ['\b', '\x1b'], ['b', 'e']],
    [String.raw`^\x41\u0042\a\t$`, ['AB\x07\t'], []],
    [String.raw`^\p{Lu}\P{Lu}$`, ['Aa'], ['aA']],
    ['^(?#of orders)order$', ['order'], []],
    [String.raw`^(?<one>.)(?'two'.)\k<one>\k<two>$`, ['abab'], ['abba']],
    [String.raw`^(?:(a)|b)(?=c)(?!d)(?<=[ab])(?<!x)c$`, ['ac', 'bc'], ['cc']]
  ] as const) {
    const compiled = compileExpression(expression)
    t.same([matching.filter((text) => compiled.test(text)), others.filter((text) => compiled.test(text))], [matching, []], expression)
  }
})

t.test('what cannot be said here is refused', async (t) => {
  for (const expression of [
    '(', '[a', 'a)', '*', 'a\\', '(?>a)', '(?i:a)', 'a(?i)b', '(?x) a', '(?(a)b|c)', '(?<a-b>c)', '[a-z-[b]]', String.raw`\G`, String.raw`\012`,
    String.raw`[\W]`, String.raw`\p{IsGreek}`, String.raw`\_`, String.raw`[\A]`, String.raw`\q`
  ]) t.throws(() => compileExpression(expression), { constructor: ExpressionError, message: expression }, expression)
})
