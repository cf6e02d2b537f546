import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compileInto, ROOT } from '../harness/compiled.js'
import type { RuleName } from './checker/rule.js'
import { mutated, mutants } from './mutants.js'
import type { Mutant } from './mutants.js'
import { CI_STORM } from './options.js'
import type { Verdict } from './report.js'

/*
 * Runs a storm of CI length on each of the builds that break a promise, and says by which rule it was found, and with which seed: the code is
 * 0 only if all were. A storm that sees nothing wrong in them is blind, and proves nothing of the product either.
 */

const USAGE = `Usage: npm run storm:mutants [-- options]

  --only NAMES   these, divided by commas: ${mutants.map(({ name }) => name).join(', ')}
  --seed N       of the first storm (${CI_STORM.seed}, as in CI); a mutant that it does not find gets the next one
  --tries T      storms for a mutant at most (3)
  --commands M   (${CI_STORM.commands}, as in CI)
  --kills K      (${CI_STORM.kills}, as in CI)`

const LOADER = new URL('../harness/typescript.js', import.meta.url).href
const STORM = fileURLToPath(new URL('./main.ts', import.meta.url))

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { only: text, seed: text, tries: text, commands: text, kills: text, help: { type: 'boolean', default: false } } })
const names = values.only?.split(',') ?? mutants.map(({ name }) => name)
const wanted = mutants.filter(({ name }) => names.includes(name))
if (values.help || wanted.length < names.length) {
  console.log(USAGE)
  process.exit(values.help ? 0 : 2)
}

let blind = 0
for (const mutant of wanted) {
  const found = await hunt(mutant)
  if (!found) blind++
}
console.log(blind === 0 ? '\nAll found' : `\n${blind} not found: the storm is blind there`)
process.exitCode = blind === 0 ? 0 : 1

async function hunt (mutant: Mutant): Promise<boolean> {
  await mkdir(join(ROOT, '.tap'), { recursive: true })
  const folder = await mkdtemp(join(ROOT, '.tap', 'mutant-'))
  try {
    const build = join(folder, 'build')
    await compileInto(build, [], (path, source) => mutated(mutant, path, source))
    const first = Number(values.seed ?? CI_STORM.seed)
    for (let seed = first; seed < first + Number(values.tries ?? 3); seed++) {
      const began = performance.now()
      const rules = await storm(seed, build, join(folder, `record-${seed}.jsonl`), mutant)
      const seen = mutant.rules.filter(rule => rules.has(rule))
      const told = [...rules].map(([rule, count]) => `${rule} ${count}`).join(', ') || 'nothing'
      console.log(`${mutant.name}: ${seen.length > 0 ? 'found' : 'not found'} by seed ${seed} in ${Math.round((performance.now() - began) / 1000)} s; ` +
        `it must be ${mutant.rules.join(' or ')}, and was ${told}`)
      if (seen.length > 0) return true
    }
    return false
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** How often each rule was broken. */
async function storm (seed: number, build: string, record: string, { options }: Mutant): Promise<Map<RuleName, number>> {
  const args = ['--ci', '--seed', String(seed), '--build', build, '--record', record, ...options ?? []]
  for (const name of ['commands', 'kills'] as const) {
    if (values[name] !== undefined) args.push(`--${name}`, values[name])
  }
  const child = spawn(process.execPath, [`--import=${LOADER}`, STORM, ...args], {
    // What it keeps of a storm that found something goes with the build.
    env: { ...process.env, TMPDIR: dirname(record) },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  await once(child, 'exit')
  const { violations } = JSON.parse(await readFile(`${record}.verdict`, 'utf8')) as Verdict
  const rules = new Map<RuleName, number>()
  for (const { rule } of violations as readonly { rule: RuleName }[]) rules.set(rule, (rules.get(rule) ?? 0) + 1)
  return rules
}
