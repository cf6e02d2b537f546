import t from 'tap'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OpenedLog } from '../../bench/store/open-log.js'
import { progressLine } from '../../lib/embedded/progress-line.js'
import { opened, record } from './logs.js'

/** Runs a program of the bench in a process of its own, and resolves with what it says last. */
async function run (program: string, args: string[], execArgv: string[] = []): Promise<unknown> {
  const child = fork(fileURLToPath(new URL(`../../bench/store/${program}`, import.meta.url)), args, { execArgv: [...process.execArgv, ...execArgv] })
  let last: unknown
  child.on('message', (message) => { last = message })
  const [code] = await once(child, 'exit') as [number | null]
  if (code !== 0) throw new Error(`${program} ended with ${code}`)
  return last
}

t.test('a record of an open log takes at most 120 bytes of memory', async (t) => {
  const folder = join(t.testdir(), 'data')
  await run('fill-log.ts', [folder, '100000', '5'])
  const { records, held } = await run('open-log.ts', [folder], ['--expose-gc']) as OpenedLog
  t.ok(records >= 100_000, `${records} records`)
  t.ok(held > 0 && held <= 120 * records, `${(held / records).toFixed(1)} bytes for each`)
})

t.test('opening tells how far it is, file by file', async (t) => {
  const folder = join(t.testdir(), 'data')
  const first = await opened(t, folder, { segmentBytes: 1_000 })
  for (let n = 0; n < 20; n++) await first.log.append([record('a', n)]).durable
  await first.close()
  const told: Array<[number, number]> = []
  await opened(t, folder, { progress: (done, total) => { told.push([done, total]) } })
  t.ok(told.length > 2)
  t.ok(told.every(([done, total], at) => total === told[0]![1] && done > (told[at - 1]?.[0] ?? 0)))
  t.equal(told.at(-1)![0], told[0]![1], 'all of it in the end')
})

t.test('progress is shown when opening takes longer than a second, on one line of a terminal', async (t) => {
  const MIB = 1024 * 1024
  const shown = (isTTY: boolean): string => {
    let now = 5_000
    let text = ''
    const progress = progressLine({ isTTY, write: (part) => { text += part } }, () => now)
    for (const [at, done] of [[5_400, 10], [5_999, 20], [6_000, 50], [6_800, 100]] as const) {
      now = at
      progress(done * MIB, 100 * MIB)
    }
    return text
  }
  t.equal(shown(true), '\rreading the data: 50 % of 100 MiB\rreading the data: 100 % of 100 MiB\n')
  t.equal(shown(false), 'reading the data: 50 % of 100 MiB\nreading the data: 100 % of 100 MiB\n')
})
