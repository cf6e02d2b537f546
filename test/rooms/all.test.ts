import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { filesOf } from '../harness/room.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const tap = join(dirname(createRequire(import.meta.url).resolve('tap/package.json')), 'dist/esm/run.mjs')

t.test('npm test runs each test file once, in a process of its own or with its room', async t => {
  const files = (await readdir(join(root, 'test'), { recursive: true })).filter(file => file.endsWith('.test.ts'))
  const { stdout } = await run(process.execPath, [tap, 'list'], { cwd: root })
  const runs = new Map(files.map(file => [file, 0]))
  for (const line of stdout.trim().split('\n')) {
    const started = line.replace(/^test\//, '')
    const room = /^rooms\/(\w+)\.test\.ts$/.exec(started)?.[1]
    for (const file of [started, ...room === undefined || room === 'all' ? [] : await filesOf(room)]) runs.set(file, (runs.get(file) ?? 0) + 1)
  }
  t.ok(runs.size > 50)
  t.strictSame([...runs].filter(([, times]) => times !== 1), [])
})
