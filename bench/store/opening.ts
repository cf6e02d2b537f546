/*
 * How long a log of so many records takes to open, and how much memory each of its records costs while it is open. The log is
 * made anew for each run: events in streams of a category, and the links that `$by_category` makes of them, which are records too.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Progress } from '../progress.js'
import type { OpenedLog } from './open-log.js'

const HELP = `How long a log takes to open, and what each of its records costs in memory

Usage: npm run bench:opening -- [options]

  --records NUMBER      records of the log, links among them, 1000000 unless told otherwise
  --stream-length NUMBER  events of each stream, 5 unless told otherwise
  --keep FOLDER         make the log here, and leave it; one that is there already is opened as it is
  --help                print this
`

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    'stream-length': { type: 'string', default: '5' },
    keep: { type: 'string' },
    help: { type: 'boolean' }
  }
})

/** Runs one of the programs beside this one, in a process of its own, and resolves with what it says last. */
async function run (file: string, args: readonly string[], progress: Progress, execArgv: readonly string[] = []): Promise<unknown> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: [...process.execArgv, ...execArgv] })
  let last: unknown
  child.on('message', (message) => {
    if (typeof message === 'string') progress.say(message)
    else last = message
  })
  const [code, signal] = await once(child, 'exit') as [number | null, string | null]
  if (code !== 0) throw new Error(`${file} ended with ${signal ?? code}`)
  return last
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
const MIB = 1024 * 1024

if (values.help === true) {
  console.log(HELP)
} else {
  const progress = new Progress()
  const folder = values.keep ?? await mkdtemp(join(tmpdir(), 'unistream-opening-'))
  try {
    await run('./fill-log.js', [folder, values.records, values['stream-length']], progress)
    progress.say('opening')
    const opened = await run('./open-log.js', [folder], progress, ['--expose-gc']) as OpenedLog
    progress.end()
    const each = (bytes: number): string => `${(bytes / opened.records).toFixed(1)} bytes a record`
    console.log(`${opened.records} records of ${opened.streams} streams, ${(opened.logBytes / MIB).toFixed(0)} MiB on disk`)
    console.log(`opened in ${seconds(opened.milliseconds)} (${seconds(opened.cpuMilliseconds)} of CPU), ` +
      `${(opened.milliseconds * 1e3 / opened.records).toFixed(2)} µs a record`)
    console.log(`memory, heap and buffers after garbage collection: ${(opened.held / MIB).toFixed(1)} MiB, ${each(opened.held)}`)
    console.log(`memory, as the system counts it: ${(opened.resident / MIB).toFixed(1)} MiB, ${each(opened.resident)}`)
  } finally {
    progress.end()
    if (values.keep === undefined) await rm(folder, { recursive: true })
  }
}
