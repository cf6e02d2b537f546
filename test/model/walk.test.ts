import t from 'tap'
import { Violation } from './checks.js'
import { product } from './core.js'
import { mutants } from './mutants.js'
import { report, sample } from './samples.js'

// Samples beyond the bounds of the enumeration. More of them, or from another seed, and one that was found, as its report says:
// MODEL_SEED=7 MODEL_WALKS=5000 npx tap --disable-coverage --timeout=0 test/model/walk.test.ts
// MODEL_SEED=7 MODEL_PATH=12:0:3 npx tap --disable-coverage --timeout=0 test/model/walk.test.ts
const seed = Number(process.env['MODEL_SEED'] ?? 1)
const walks = Number(process.env['MODEL_WALKS'] ?? 300)
const path = process.env['MODEL_PATH']

const LONG = 300
/** What is broken shows soon: of a thousand short walks one shows what shows most seldom. */
const SHORT = 80
const MANY = 3000
const BROKEN = 4
const FEW = 12

t.setTimeout(0)

t.test(`${walks} walks from seed ${seed}`, t => {
  const done = sample(product, LONG, { seed, numRuns: walks, ...(path !== undefined && { path, endOnFailure: true }) })
  t.notOk(done.failed, report(product, done).text)
  t.end()
})

for (const { name, core } of mutants) {
  t.test(`a walk sees what is broken, and tells it in few steps: ${name}`, t => {
    const found = sample(core, SHORT, { seed: BROKEN, numRuns: MANY })
    const { trace, text } = report(core, found)
    t.ok(found.errorInstance instanceof Violation, `walk ${found.numRuns}`)
    t.ok(trace.length <= FEW, `${trace.length} steps, shrunk ${found.numShrinks} times`)
    t.comment(text)
    t.end()
  })
}

t.test('what was found is found again by its seed and path, in one walk', t => {
  const { core } = mutants.at(-1)!
  const found = sample(core, SHORT, { seed: BROKEN, numRuns: MANY })
  const again = sample(core, SHORT, { seed: BROKEN, path: found.counterexamplePath!, endOnFailure: true })
  t.equal(again.numRuns, 1)
  t.same(again.counterexample, found.counterexample)
  t.match(report(core, again).text, `MODEL_SEED=${BROKEN} MODEL_PATH=${found.counterexamplePath}`)
  t.end()
})
