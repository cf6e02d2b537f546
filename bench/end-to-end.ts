import { availableParallelism } from 'node:os'
import { alternate, DISTURBED } from './alternation.js'
import type { Comparison, SliceProgress } from './alternation.js'
import { BareClient } from './bare-client.js'
import { Deposits } from './deposits.js'
import { HELP, readOptions, UsageError } from './options.js'
import type { Options } from './options.js'
import { Processes } from './processes.js'
import { Progress } from './progress.js'
import { quantile, rate, ratio } from './statistics.js'
import { Strangers } from './strangers.js'

/*
 * How fast commands are, all the way: HTTP in, into the store, to the worker, its events into the store, to the sender, HTTP out.
 */

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

const progress = new Progress()
const processes = new Processes((line) => progress.note(line))
const interruption = new AbortController()

/** Resolves with the exit code. */
async function bench (options: Options): Promise<number> {
  const { signal } = interruption
  progress.say('starting')
  const store = await processes.store()
  const url = await processes.bank(store)
  const deposits = new Deposits({ ...options, url, signal })
  const bare = new BareClient(store.connectionString)
  progress.say(`beginning ${options.aggregates} periods`)
  await deposits.open()
  if (!deposits.allCreated) return complain(deposits)
  // A given store may run on this machine, where nothing tells it from a stranger.
  const strangers = !store.given && Strangers.visible ? new Strangers(processes.pids) : undefined
  const comparison = await alternate([deposits, bare], { ...options, strangers, onSlice: (slice) => progress.say(describe(slice, options)) })
  await bare.close()
  progress.end()
  report(comparison, options, strangers !== undefined)
  return deposits.allCreated ? 0 : complain(deposits)
}

function complain ({ statuses }: Deposits): number {
  progress.end()
  console.error(`Not every answer was 201: ${[...statuses].map(([status, count]) => `${status} came ${count} times`).join(', ')}`)
  return 1
}

function describe ({ way, slice, warmUp, kept, disturbed, strangers }: SliceProgress, { slices }: Options): string {
  const where = warmUp ? 'warm-up' : `${kept} of ${slices} pairs${disturbed === 0 ? '' : `, ${disturbed} disturbed`}`
  const others = strangers === undefined ? '' : `, strangers ${strangers.toFixed(2)} cores`
  return `${where}: ${way.name} ${perSecond(rate([slice]))}${others}`
}

function report (comparison: Comparison, { connections, aggregates }: Options, watched: boolean): void {
  const { pairs } = comparison
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

function disturbance ({ pairs, discarded, disturbed }: Comparison): string {
  if (disturbed > 0) return `used more than ${DISTURBED} core during ${disturbed} of ${pairs.length} pairs; too few were quiet, so all count`
  return `${discarded} pairs discarded, during which they used more than ${DISTURBED} core`
}

function perSecond (value: number): string {
  return `${Math.round(value).toLocaleString('en')} /s`
}

function ms (value: number): string {
  return `${value.toFixed(1)} ms`
}

/** Rejects when a signal asks to end; asked again, nothing is waited for. */
function interrupted (): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of Object.keys(SIGNALS) as Array<keyof typeof SIGNALS>) {
      process.on(signal, () => {
        if (interruption.signal.aborted) {
          processes.kill()
          process.exit(SIGNALS[signal])
        }
        process.exitCode = SIGNALS[signal]
        interruption.abort(new Error('Interrupted'))
        reject(interruption.signal.reason)
      })
    }
  })
}

async function run (options: Options): Promise<number> {
  try {
    return await Promise.race([bench(options), processes.failed, interrupted()])
  } catch (error) {
    progress.end()
    console.error(error instanceof Error ? error.message : error)
    return Number(process.exitCode ?? 1)
  } finally {
    await processes.stop()
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(HELP)
  else process.exit(await run(options))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nTry --help`)
  process.exitCode = 2
}
