import { statfsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { alternate, DISTURBED } from '../alternation.js'
import type { Comparison, Plan, SliceProgress } from '../alternation.js'
import { cpuTime, cpuVisible } from '../cpu.js'
import type { BenchStore } from '../processes.js'
import { runAsProgram } from '../program.js'
import type { Surroundings } from '../program.js'
import type { Way } from '../slice.js'
import { rate } from '../statistics.js'
import { Strangers } from '../strangers.js'
import { TwoCores } from '../two-cores.js'
import { HELP, readOptions } from './options.js'
import type { Options } from './options.js'
import { describeRow, describeTargets, HEADER } from './report.js'
import type { Measured } from './report.js'
import { READS_ONE_BY_ONE } from './rows.js'
import type { Row, StoreWay } from './rows.js'

/*
 * How fast the embedded store is with the official client, in memory and on disk, and how much CPU time either takes for it.
 */

/** The type of a file system in memory, of statfs(2). */
const TMPFS = 0x01021994

/** A new store is compiled by so many appends. Reads need fewer, and one at a time they would take minutes. */
const COMPILING = 50_000

/** A row's way on one store. */
interface Standing {
  readonly way: StoreWay
  readonly close: () => Promise<void>
}

interface Tally {
  rounds: number
  discarded: number
  disturbed: number
  /** Whether stores and client had a core each. */
  bound: boolean
}

async function bench (options: Options, { progress, processes, signal }: Surroundings): Promise<number> {
  const given = processes.givenStore()
  const measured: Measured[] = []
  const tally: Tally = { rounds: 0, discarded: 0, disturbed: 0, bound: false }

  async function measureRow (row: Row): Promise<Measured> {
    const plan = (pids: readonly number[]): Plan => ({
      ...options,
      warmUpCount: row.kind === 'append' ? COMPILING / row.events : 0,
      // A given store may run on this machine, where nothing tells it from a stranger.
      strangers: given === undefined && cpuVisible() ? new Strangers(pids) : undefined,
      onSlice: (slice) => {
        signal.throwIfAborted()
        progress.say(describe(row, slice, options))
      }
    })
    if (given !== undefined) {
      const { way, close } = await stand(row, given, 'given')
      const { rounds } = await alternate([way], plan([]))
      await close()
      return { row, pairs: [], given: rounds.map(([slice]) => slice) }
    }
    // New ones for each row: what others have left in them would be measured too.
    const memory = await stand(row, await processes.ownStore('in memory'), 'memory')
    const disk = await stand(row, await processes.ownStore({ below: options.folder }), 'disk')
    const cores = await TwoCores.of(processes.pids)
    tally.bound = cores !== undefined
    const comparison = await alternate([memory.way, disk.way], { ...plan(processes.pids), cores })
    count(tally, comparison)
    await memory.close()
    await disk.close()
    await processes.stop()
    return { row, pairs: comparison.rounds, given: [] }
  }

  console.log(HEADER)
  for (const row of options.rows) {
    progress.say(`${row.key}: starting`)
    const one = await measureRow(row)
    signal.throwIfAborted()
    progress.end()
    console.log(describeRow(one))
    measured.push(one)
  }
  console.log(['', ...notes(options, given, tally), describeTargets(measured)].join('\n'))
  return 0
}

async function stand (row: Row, { connectionString, pid }: BenchStore, name: string): Promise<Standing> {
  const client = KurrentDBClient.connectionString(connectionString)
  const visible = cpuVisible() ? pid : undefined
  const way = row.way(client, { name, cpu: () => cpuTime(visible) })
  await way.open?.()
  return {
    way,
    close: async () => {
      await way.close?.()
      await client.dispose()
    }
  }
}

function describe ({ key, events }: Row, { way, slice, warmUp, kept, disturbed, strangers }: SliceProgress, { slices }: Options): string {
  const where = warmUp ? 'warm-up' : `${kept} of ${slices}${disturbed === 0 ? '' : `, ${disturbed} disturbed`}`
  const others = strangers === undefined ? '' : `, strangers ${strangers.toFixed(2)} cores`
  return `${key}, ${where}: ${way.name} ${Math.round(rate([slice]) * events).toLocaleString('en')} /s${others}`
}

function count (tally: Tally, { rounds, discarded, disturbed }: Comparison<readonly Way[]>): void {
  tally.rounds += rounds.length
  tally.discarded += discarded
  tally.disturbed += disturbed
}

function notes ({ rows, slices, warmUp, sliceMs, folder }: Options, given: BenchStore | undefined, tally: Tally): string[] {
  const lines = [
    'CPU time is that of each event; ratio is the store\'s to the client\'s. Live deliveries: with their appends, on both sides.',
    `measured   ${slices} slices of ${sliceMs} ms after at least ${warmUp} for warming up, Node ${process.version}, ${availableParallelism()} cores`,
    `strangers  ${given === undefined && cpuVisible() ? disturbance(tally) : 'unknown: nothing here tells their CPU time, or a given store\'s from theirs'}`
  ]
  if (given === undefined) {
    lines.push(`cores      ${tally.bound ? 'one for the client, another for the stores, the other way round in each next round' : 'as it comes: nothing here binds a process to one, and a slow one may tell on the ratio'}`)
  }
  if (given === undefined && statfsSync(folder).type === TMPFS) {
    lines.push(`disk       ${folder} is memory too (tmpfs): a sync costs nothing there, so nothing is told about discs; --folder names another`)
  }
  if (rows.some(({ key }) => READS_ONE_BY_ONE.includes(key))) {
    lines.push('reads      one at a time, the client\'s read bridge may stall for 40 ms, with any server: Nagle\'s algorithm meets delayed acknowledgements')
  }
  return lines
}

function disturbance ({ rounds, discarded, disturbed }: Tally): string {
  const left = disturbed === 0 ? '' : `; ${disturbed} of the ${rounds} that count were disturbed too, as too few were quiet`
  return `${discarded} pairs of slices discarded, during which they used more than ${DISTURBED} core${left}`
}

await runAsProgram({ help: HELP, readOptions, run: bench })
