import t from 'tap'
import { transpiled } from '../harness/compiled.js'
import { rules } from './checker/check.js'
import { changedSources, mutants, mutated } from './mutants.js'

for (const mutant of mutants) {
  t.test(`${mutant.name}: its patches fit the sources, and compile to something else`, async t => {
    const changed = await changedSources(mutant)
    t.ok(changed.size > 0)
    for (const [file, { before, after }] of changed) t.not(await transpiled(after), await transpiled(before), file)
    const known = rules.map(({ name }) => name)
    t.ok(mutant.rules.length > 0 && mutant.rules.every(rule => known.includes(rule)))
  })
}

t.test('each has a name of its own', async t => {
  t.equal(new Set(mutants.map(({ name }) => name)).size, mutants.length)
})

t.test('a patch that fits nowhere, or twice, is an error', async t => {
  const mutant = { ...mutants[0]!, name: 'broken', patches: [{ file: 'a.ts', find: 'b', replace: 'c' }] }
  t.throws(() => mutated(mutant, 'a.ts', 'a'), { message: 'broken: b stands 0 times in a.ts' })
  t.throws(() => mutated(mutant, 'a.ts', 'b b'), { message: 'broken: b stands 2 times in a.ts' })
  t.equal(mutated(mutant, 'a.ts', 'a b'), 'a c')
  t.equal(mutated(mutant, 'other.ts', 'a'), 'a')
})

t.test('what is no TypeScript does not compile', async t => {
  await t.rejects(transpiled('const a ='), SyntaxError)
})
