import t from 'tap'
import { CommandIds } from '../../lib/decision/index.js'
import { ALIKE } from './domain.js'
import { explore } from './explore.js'
import { Model } from './model.js'
import { mutants } from './mutants.js'

t.setTimeout(600_000)

for (const { name, core, scenario, rule } of mutants) {
  t.test(`broken: ${name}`, t => {
    const seen = explore(new Model(scenario, core))
    t.ok(seen.violation, `found after ${seen.states} states`)
    // Whatever the memory holds: what is done with it breaks a promise.
    const { states, violation } = explore(new Model(scenario, core, false))
    t.equal(violation?.error.rule, rule, violation?.error.message ?? 'no violation')
    t.comment(`${states} states, ${violation?.trace.length} steps:\n${violation?.trace.join('\n')}`)
    t.end()
  })
}

for (const scenario of new Set(mutants.map(({ scenario }) => scenario))) {
  t.test(`and the product is not, in the same bounds: ${scenario.name}`, t => {
    t.match(explore(new Model(scenario)), { complete: true, violation: undefined })
    t.end()
  })
}

t.test('the two ids of one hash have one hash', t => {
  const ids = new CommandIds()
  ids.add(ALIKE[0])
  t.not(...ALIKE)
  t.ok(ids.has(ALIKE[1]))
  t.end()
})
