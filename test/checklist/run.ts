/*
 * Holds the embedded store against the checklist of a real server's behaviours: in memory, on disk, and with a restart before each
 * test; `npm run test:store`. With `-- --emulate 23.10` (24.10, 26.1) the same tests run against one server of that version, as they do
 * against a real one. With `-- --only groups` those files that have this in their names.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startEmbeddedStore, type EmulatedVersion } from '../../lib/embedded/index.js'

/** What looks into the store's rooms, or starts stores of its own: where they are kept makes no difference. */
const INSIDE = new Set(['codec', 'command-line', 'disk-log', 'disk-store', 'emulate', 'expressions', 'failing-log', 'full-disk', 'large-events', 'link-batches', 'memory-log', 'silent-peer', 'stream-table', 'valid-json'])

const KEPT = ['memory', 'disk', 'restarted'] as const

const { values } = parseArgs({ options: { emulate: { type: 'string', multiple: true, default: [] }, only: { type: 'string', default: '' } } })

const files = (await readdir('test/embedded'))
  .filter((file) => file.endsWith('.test.ts') && !INSIDE.has(file.replace('.test.ts', '')) && file.includes(values.only))
  .map((file) => `test/embedded/${file}`)

async function green (what: string, environment: Record<string, string>, ...more: string[]): Promise<boolean> {
  console.log(`\n${what}: ${files.length} files`)
  const tests = spawn('npx', ['tap', '--disable-coverage', ...more, ...files], { stdio: 'inherit', env: { ...process.env, ...environment } })
  const [code] = await once(tests, 'exit') as [number | null]
  return code === 0
}

const failed: string[] = []
if (values.emulate.length === 0) {
  for (const kept of KEPT) {
    if (!await green(kept, { EMBEDDED_STORE: kept, KURRENT_HOST: '' })) failed.push(kept)
  }
}
for (const emulate of values.emulate) {
  const store = await startEmbeddedStore({ emulate: emulate as EmulatedVersion })
  // Some restart the server's subsystem, which ends the subscriptions of all.
  if (!await green(`as ${emulate}`, { KURRENT_HOST: store.connectionString }, '--jobs=1')) failed.push(emulate)
  await store.stop()
}
console.log(failed.length === 0 ? '\nall green' : `\nfailed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
