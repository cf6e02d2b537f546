import t from 'tap'
import { explore } from './explore.js'
import { Model } from './model.js'
import { large, small } from './scenarios.js'

// Everything within bounds. The larger ones take minutes each, and some memory:
// MODEL=large NODE_OPTIONS=--max-old-space-size=12000 npx tap --disable-coverage --timeout=0 test/model/exhaustive.test.ts
const scenarios = process.env['MODEL'] === 'large' ? [...small, ...large] : small

t.setTimeout(scenarios === small ? 600_000 : 0)

let sum = 0
for (const scenario of scenarios) {
  t.test(scenario.name, t => {
    const begun = Date.now()
    const { states, transitions, complete, violation } = explore(new Model(scenario))
    t.equal(violation?.error.message, undefined, violation?.trace.join('\n') ?? 'no violation')
    t.ok(complete)
    t.comment(`${states} states, ${transitions} transitions, ${Math.round((Date.now() - begun) / 1000)} s`)
    sum += states
    t.end()
  })
}
t.test('in all', t => {
  t.ok(sum > 0)
  t.comment(`${sum} states, in each of which every rule holds`)
  t.end()
})
