import { availableParallelism } from 'node:os'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { alternate, DISTURBED } from './alternation.js'
import type { Comparison, SliceProgress } from './alternation.js'
import { Appends } from './appends.js'
import { cpuVisible } from './cpu.js'
import { Deposits } from './deposits.js'
import { HELP, readOptions } from './options.js'
import type { Options } from './options.js'
import { runAsProgram } from './program.js'
import type { Surroundings } from './program.js'
import type { Progress } from './progress.js'
import { quantile, rate, ratio } from './statistics.js'
import { Strangers } from './strangers.js'

/*
 * How fast commands are, all the way: HTTP in, into the store, to the worker, its events into the store, to the sender, HTTP out.
 */

/** Of the bare client, which does what one can with it without waiting for each other's answers. */
const IN_FLIGHT = 64

const WARM_UP_ROUNDS = 3

type Ways = readonly [Deposits, Appends]

async function bench (options: Options, { progress, processes, signal }: Surroundings): Promise<number> {
  progress.say('starting')
  const store = await processes.store()
  const url = await processes.bank(store)
  const deposits = new Deposits({ ...options, url, signal })
  const client = KurrentDBClient.connectionString(store.connectionString)
  const bare = new Appends(client, { name: 'bare client', events: 1, parallel: IN_FLIGHT })
  progress.say(`beginning ${options.aggregates} periods`)
  await deposits.open()
  if (!deposits.allCreated) return complain(deposits, progress)
  // A given store may run on this machine, where nothing tells it from a stranger.
  const strangers = store.pid !== undefined && cpuVisible() ? new Strangers(processes.pids) : undefined
  const comparison = await alternate([deposits, bare], {
    ...options,
    warmUp: WARM_UP_ROUNDS,
    strangers,
    onSlice: (slice) => progress.say(describe(slice, options))
  })
  await client.dispose()
  progress.end()
  report(comparison, options, strangers !== undefined)
  return deposits.allCreated ? 0 : complain(deposits, progress)
}

function complain ({ statuses }: Deposits, progress: Progress): number {
  progress.end()
  console.error(`Not every answer was 201: ${[...statuses].map(([status, count]) => `${status} came ${count} times`).join(', ')}`)
  return 1
}

function describe ({ way, slice, warmUp, kept, disturbed, strangers }: SliceProgress, { slices }: Options): string {
  const where = warmUp ? 'warm-up' : `${kept} of ${slices} pairs${disturbed === 0 ? '' : `, ${disturbed} disturbed`}`
  const others = strangers === undefined ? '' : `, strangers ${strangers.toFixed(2)} cores`
  return `${where}: ${way.name} ${perSecond(rate([slice]))}${others}`
}

function report (comparison: Comparison<Ways>, { connections, aggregates }: Options, watched: boolean): void {
  const { rounds: pairs } = comparison
  const commands = pairs.map(([slice]) => slice)
  const latencies = commands.flatMap((slice) => slice.latencies)
  const { value, spread, lowest, highest } = ratio(pairs)
  console.log([
    `commands, end to end   ${perSecond(rate(commands))}, p50 ${ms(quantile(latencies, 0.5))}, p99 ${ms(quantile(latencies, 0.99))}`,
    `bare client, appends   ${perSecond(rate(pairs.map(([, slice]) => slice)))}`,
    `ratio                  ${value.toFixed(3)}, spread ${(spread * 100).toFixed(1)} % (standard deviation of ${pairs.length} pairs; ${lowest.toFixed(3)} to ${highest.toFixed(3)})`,
    `measured               ${connections} connections, ${aggregates} aggregates, Node ${process.version}, ${availableParallelism()} cores`,
    `strangers              ${watched ? disturbance(comparison) : 'unknown: nothing here tells their CPU time, or a given store\'s from theirs'}`
  ].join('\n'))
}

function disturbance ({ rounds, discarded, disturbed }: Comparison<Ways>): string {
  if (disturbed > 0) return `used more than ${DISTURBED} core during ${disturbed} of ${rounds.length} pairs; too few were quiet, so all count`
  return `${discarded} pairs discarded, during which they used more than ${DISTURBED} core`
}

function perSecond (value: number): string {
  return `${Math.round(value).toLocaleString('en')} /s`
}

function ms (value: number): string {
  return `${value.toFixed(1)} ms`
}

await runAsProgram({ help: HELP, readOptions, run: bench })
