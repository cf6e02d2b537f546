import t from 'tap'
import { Model } from './model.js'
import { mutants } from './mutants.js'
import { huge } from './scenarios.js'
import { walk } from './walk.js'

// Beyond the bounds of the enumeration: three workers, three versions, six commands. More, and from another seed:
// MODEL_SEED=7 MODEL_WALKS=5000 npx tap --disable-coverage --timeout=0 test/model/walk.test.ts
const seed = Number(process.env['MODEL_SEED'] ?? 1)
const walks = Number(process.env['MODEL_WALKS'] ?? 60)
const STEPS = 250
/** Within small bounds everything is decided soon. */
const SHORT = 40

t.setTimeout(0)

t.test(`${walks} walks from seed ${seed}`, t => {
  let steps = 0
  for (let at = seed; at < seed + walks; at++) {
    const { violation, steps: taken } = walk(new Model(huge), at, STEPS)
    steps += taken
    if (violation !== undefined) t.fail(`seed ${at}: ${violation.error.message}\n${violation.trace.join('\n')}`)
  }
  t.equal(steps, walks * STEPS)
  t.end()
})

t.test('a walk sees what is broken', t => {
  for (const { name, core, scenario } of mutants) {
    let found: number | undefined
    for (let at = 1; at <= 3000 && found === undefined; at++) {
      if (walk(new Model(scenario, core, false), at, SHORT).violation !== undefined) found = at
    }
    t.ok(found, `${name}: seed ${found}`)
  }
  t.end()
})
