import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Progress } from '../../bench/progress.js'
import { Chronicle } from './chronicle.js'
import { LIMITS } from './fleet.js'
import { readOptions, USAGE, UsageError } from './options.js'
import type { StormOptions } from './options.js'
import { report } from './report.js'
import type { Verdict } from './report.js'
import { runStorm } from './storm.js'
import type { Storm } from './storm.js'

const LOADER = new URL('../harness/typescript.js', import.meta.url).href
const CHECKER = fileURLToPath(new URL('./checker/main.ts', import.meta.url))
const MOST_OUTPUT = 1024 ** 3

try {
  if (process.argv.includes('--help')) console.log(USAGE)
  else process.exitCode = await run(readOptions(process.argv.slice(2), process.env))
} catch (error) {
  if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`)
  else console.error(error)
  process.exitCode = 2
}

async function run (options: StormOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'unistream-storm-'))
  const path = options.record ?? join(folder, 'record.jsonl')
  const progress = new Progress()
  const chronicle = new Chronicle(path)
  const storm = await runStorm(options, folder, chronicle, progress)
  try {
    storm.fleet.store?.recordUnfinished()
    await chronicle.close()
    progress.say('checking')
    const verdict = await check(path, storm.fleet.connectionString)
    progress.end()
    const late = await stopStore(storm, chronicle)
    const whole: Verdict = { ...verdict, violations: [...verdict.violations, ...late] }
    await writeFile(`${path}.verdict`, JSON.stringify(whole))
    console.log(report(storm, options, chronicle, whole))
    const right = whole.violations.length === 0
    if (right && !options.keep) await rm(folder, { recursive: true, force: true })
    else console.log(`\nRecord, logs and data: ${folder}`)
    return right ? 0 : 1
  } finally {
    await storm.fleet.abandon()
  }
}

/** The checker is a program of its own, and trusts nothing of this one. */
async function check (record: string, store: string): Promise<Verdict> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [`--import=${LOADER}`, CHECKER, '--record', record, '--store', store, '--json'], { maxBuffer: MOST_OUTPUT },
      (error, output, errors) => {
        try {
          resolve(JSON.parse(output) as Verdict)
        } catch {
          reject(new Error(`The checker could not check: ${errors}`, { cause: error }))
        }
      })
  })
}

/** The store ends last, since the checker reads it; so its end is not in the record. */
async function stopStore ({ fleet: { store } }: Storm, chronicle: Chronicle): Promise<Verdict['violations']> {
  if (store === undefined) return []
  store.dismiss()
  const start = performance.now()
  await store.stop(0, LIMITS.patience).catch(() => {})
  const took = Math.round(performance.now() - start)
  return took <= LIMITS.drainTime + 3_000
    ? []
    : [{ rule: 'stopping', message: `the store took ${took} ms to stop`, evidence: { at: chronicle.now() } }]
}
