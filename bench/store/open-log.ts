/*
 * Opens the data folder that is named, with all that a store does for that, and tells its parent process what it took. It must be
 * run with `--expose-gc`.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Groups } from '../../lib/embedded/groups/index.js'
import { DiskLog } from '../../lib/embedded/log/disk/disk-log.js'
import { Projections } from '../../lib/embedded/projections/index.js'
import { Streams, StreamTable } from '../../lib/embedded/streams/index.js'

/** What it takes to open a log. */
export interface OpenedLog {
  readonly records: number
  readonly streams: number
  readonly logBytes: number
  readonly milliseconds: number
  readonly cpuMilliseconds: number
  /** Bytes of heap and buffers that are held while it is open, and were not before. */
  readonly held: number
  /** By how many bytes the process has grown. */
  readonly resident: number
}

function memory (): { held: number, resident: number } {
  globalThis.gc!()
  globalThis.gc!()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { held: heapUsed + external, resident: rss }
}

const [folder] = process.argv.slice(2) as [string]
const before = memory()
const cpu = process.cpuUsage()
const begun = performance.now()

const table = new StreamTable()
const log = await DiskLog.open(folder, { visit: (found, ordinal) => { table.restore(found, ordinal) } })
const streams = new Streams(log, { maxAppendSize: 2 ** 28, maxAppendEventSize: 2 ** 24 }, table)
const projections = new Projections(streams)
const groups = new Groups(streams, { skippedGo: 'to the retries' })
await projections.start()
await groups.start()

const milliseconds = performance.now() - begun
const { user, system } = process.cpuUsage(cpu)
const after = memory()
const files = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))))
const opened: OpenedLog = {
  records: log.confirmed,
  streams: [...streams.named('')].length,
  logBytes: files.reduce((sum, { size }) => sum + size, 0),
  milliseconds,
  cpuMilliseconds: (user + system) / 1000,
  held: after.held - before.held,
  resident: after.resident - before.resident
}
process.send?.(opened)
await groups.stop()
await projections.close()
await log.close()
process.disconnect?.()
