import t from 'tap'
import { fromCents, inWords, isTooLarge, LARGEST, minus, NOTHING, plus, smaller, toCents } from '../../example-app/money.js'

t.test('0.10 + 0.20 is 0.30', async t => {
  t.equal(fromCents(plus(toCents(0.10), toCents(0.20))), 0.30)
  t.equal(fromCents(minus(toCents(0.30), toCents(0.10))), 0.20)
  t.equal(fromCents(plus(toCents(1.13), toCents(2.26))), 3.39)
})

t.test('every amount comes back as it was, small and large', async t => {
  const amounts = ['0', '0.01', '0.29', '1.13', '4.35', '1000.5', '100000', '69999999999999.99', '69999999999999.98', '70000000000000']
  for (const text of amounts) {
    const amount = Number(text)
    t.equal(JSON.stringify(fromCents(toCents(amount))), text)
  }
  t.equal(toCents(69999999999999.99), 6_999_999_999_999_999)
})

t.test('a thousand cents near the largest amount are a thousand different amounts', async t => {
  const amounts = new Set<number>()
  for (let cents = LARGEST * 100 - 1000; cents < LARGEST * 100; cents++) {
    const amount = fromCents(cents as ReturnType<typeof toCents>)
    amounts.add(amount)
    if (toCents(amount) !== cents) t.fail(`${cents} came back as ${toCents(amount)}`)
  }
  t.equal(amounts.size, 1000)
})

t.test('what is no exact amount is an error that names it', async t => {
  for (const amount of [0.001, 1.131, 70000000000000.02, -70000000000000.02, 1e21, NaN, Infinity]) {
    t.throws(() => toCents(amount), new RangeError(`${amount} is no amount of money that can be kept exactly`))
  }
})

t.test('compares and names amounts', async t => {
  t.equal(smaller(toCents(1), toCents(2)), 100)
  t.equal(smaller(toCents(2), toCents(1)), 100)
  t.equal(inWords(toCents(1000.5)), '1000.50')
  t.equal(inWords(NOTHING), '0.00')
  t.equal(isTooLarge(toCents(LARGEST)), false)
  t.equal(isTooLarge(plus(toCents(LARGEST), toCents(0.01))), true)
})
