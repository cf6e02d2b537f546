import t from 'tap'
import { decimalPlaces, isMultipleOf } from '../../lib/definition/decimal.js'

t.test('multiples are compared as decimals', async t => {
  const multiples: Array<[number, number]> = [
    [1.13, 0.01], [0.1, 0.01], [0.3, 0.1], [4.35, 0.01], [1000.5, 0.01], [69999999999999.99, 0.01], [70000000000000, 0.01], [-1.13, 0.01],
    [0, 0.01], [-0, 0.01], [10, 5], [1e21, 10], [1.5e300, 1e299], [0.75, 0.25], [1e-7, 1e-8], [3, 0.5]
  ]
  for (const [value, step] of multiples) t.ok(isMultipleOf(value, step), `${value} is a multiple of ${step}`)
})

t.test('what is no multiple is told, however near', async t => {
  const others: Array<[number, number]> = [
    [1.131, 0.01], [69999999999999.98, 0.1], [0.005, 0.01], [10, 3], [0.1, 0.25], [1e-9, 1e-8], [1.5, 1],
    [9007199254740994, 10]
  ]
  for (const [value, step] of others) t.notOk(isMultipleOf(value, step), `${value} is no multiple of ${step}`)
})

t.test('every amount of cents is a multiple of a cent, also where doubles are far apart', async t => {
  for (let cents = 6_999_999_999_000_000; cents < 6_999_999_999_000_500; cents++) {
    const text = `${String(cents).slice(0, -2)}.${String(cents).slice(-2)}`
    t.ok(isMultipleOf(Number(text), 0.01), text)
  }
})

t.test('places after the point', async t => {
  t.equal(decimalPlaces(0.01), 2)
  t.equal(decimalPlaces(1e-7), 7)
  t.equal(decimalPlaces(1), undefined)
  t.equal(decimalPlaces(0.25), undefined)
  t.equal(decimalPlaces(100), undefined)
})
