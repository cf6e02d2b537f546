import t from 'tap'
import { Backoff } from '../../lib/store/backoff.js'

t.test('waits double up to the most, each between half and all of its span', async t => {
  const backoff = new Backoff(100, 1000)
  for (const span of [100, 200, 400, 800, 1000, 1000, 1000]) {
    const wait = backoff.next()
    t.ok(wait >= span / 2 && wait <= span, `${wait} for ${span}`)
  }
  backoff.reset()
  const wait = backoff.next()
  t.ok(wait >= 50 && wait <= 100, `${wait} after a reset`)
})

t.test('waits are spread, so that many processes do not come back together', async t => {
  const waits = new Set(Array.from({ length: 100 }, () => new Backoff(10_000, 10_000).next()))
  t.ok(waits.size > 50)
})
