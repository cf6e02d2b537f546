import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { KINDS } from './fault-plan.js'
import type { FaultKind } from './fault-plan.js'

/**
 * The storm of CI, and of each build that breaks a promise: every kind of fault once, and long enough that all of those builds are found, on
 * two busy cores within the {@link CI_LIMIT} of `.ci/run`.
 */
export const CI_STORM = { seed: 3, commands: 1000, kills: 8 } as const
/** Seconds that `.ci/run` gives it. */
export const CI_LIMIT = 240

/** What a storm is told. */
export interface StormOptions {
  readonly seed: number
  readonly commands: number
  readonly kills: number
  readonly workers: number
  readonly senders: number
  readonly faults: readonly FaultKind[] | undefined
  /** Where the record goes; into the storm's own folder if missing. */
  readonly record: string | undefined
  /** The folder of the compiled product. */
  readonly build: string
  /** Which server the store is like. */
  readonly emulate: '23.10' | '24.10' | '26.1'
  /** A server that is there already, in place of a store of the storm's own. */
  readonly host: string | undefined
  /** Keep data, logs and record also where nothing is wrong. */
  readonly keep: boolean
}

export const USAGE = `Usage: npm run storm -- --seed N --commands M --kills K [more]

  --ci           the storm of .ci/run: seed ${CI_STORM.seed}, ${CI_STORM.commands} commands, ${CI_STORM.kills} kills, unless others are named
  --seed N       draws load and faults: the same again for the same numbers (1)
  --commands M   how many commands, those of bursts apart (2000)
  --kills K      how many kill -9; as many faults of other kinds are drawn, each kind once, and a poison for each 4000
                 commands (15)
  --workers W    2 to 4 (3)
  --senders S    2 to 3 (2)
  --faults LIST  only these, divided by commas: ${Object.keys(KINDS).join(', ')}
  --record FILE  where the record is written
  --build DIR    the compiled product (dist)
  --emulate V    the server that the store is like: 23.10, 24.10 or 26.1 (23.10 for odd seeds, 26.1 for even ones)
  --keep         keep data, logs and record also if nothing is wrong

With KURRENT_HOST set that server is used, and faults that only the embedded store can make are left out; so are those
of connections, where it is on another machine or has TLS.`

export class UsageError extends Error {}

export function readOptions (args: readonly string[], environment: NodeJS.ProcessEnv): StormOptions {
  const values = parse(args)
  const usual = values.ci === true ? CI_STORM : { seed: 1, commands: 2000, kills: 15 }
  const seed = number('seed', values.seed, usual.seed, 0, 2 ** 31 - 1)
  const names = values.faults?.split(',').filter(name => name !== '')
  const unknown = names?.find(name => !Object.hasOwn(KINDS, name))
  if (unknown !== undefined) throw new UsageError(`--faults: nobody knows ${unknown}`)
  const emulate = values.emulate ?? (seed % 2 === 1 ? '23.10' : '26.1')
  if (emulate !== '23.10' && emulate !== '24.10' && emulate !== '26.1') throw new UsageError(`--emulate: nobody knows ${emulate}`)
  return {
    seed,
    commands: number('commands', values.commands, usual.commands, 50, 10_000_000),
    kills: number('kills', values.kills, usual.kills, 0, 100_000),
    workers: number('workers', values.workers, 3, 2, 4),
    senders: number('senders', values.senders, 2, 2, 3),
    faults: names as FaultKind[] | undefined,
    record: values.record,
    build: values.build ?? fileURLToPath(new URL('../../dist', import.meta.url)),
    emulate,
    host: environment.KURRENT_HOST || undefined,
    keep: values.keep === true
  }
}

function parse (args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: text,
        commands: text,
        kills: text,
        workers: text,
        senders: text,
        faults: text,
        record: text,
        build: text,
        emulate: text,
        ci: { type: 'boolean' },
        keep: { type: 'boolean' }
      }
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function number (name: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  const value = text === undefined ? otherwise : Number(text)
  if (!Number.isInteger(value) || value < least || value > most) throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`)
  return value
}
