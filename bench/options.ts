import { parseArgs } from 'node:util'

/** What a run of the end-to-end benchmark is told. */
export interface Options {
  readonly slices: number
  /** Milliseconds. */
  readonly sliceMs: number
  readonly connections: number
  readonly aggregates: number
}

/** A command line that cannot be followed; the message is for people. */
export class UsageError extends Error {}

interface Row {
  readonly fallback: number
  readonly least: number
  readonly meaning: string
}

const ROWS = {
  slices: { fallback: 8, least: 6, meaning: 'slices of each way that are to count' },
  'slice-ms': { fallback: 1000, least: 100, meaning: 'milliseconds that a slice is to take' },
  connections: { fallback: 128, least: 1, meaning: 'HTTP connections, each with one command under way' },
  aggregates: { fallback: 1000, least: 1, meaning: 'periods that the deposits go to, in turn' }
} satisfies Record<string, Row>

export const HELP = `Commands over HTTP, all the way and back, beside the bare official client on the same store

  Starts a store in memory (unless KURRENT_HOST names one), a worker and a sender of the bank, each a process of its own, and
  sends deposits. By turns it appends single JSON events with the bare client, 64 in flight. What counts is the ratio of the two:
  both ways meet the same machine. Slices during which other processes used the CPU are measured again where /proc tells.

Usage: npm run bench -- [options]

${Object.entries(ROWS).map(([name, { fallback, least, meaning }]) =>
  `  --${name} NUMBER`.padEnd(24) + `${meaning}, ${fallback} unless told otherwise (at least ${least})`).join('\n')}
  --help                print this

Exit code: 0 if every answer was 201, else 1; 2 for a command line that cannot be followed.
`

/**
 * @throws UsageError
 */
export function readOptions (args: string[]): Options | 'help' {
  const { help, ...values } = parse(args)
  if (help === true) return 'help'
  return {
    slices: number('slices', values.slices),
    sliceMs: number('slice-ms', values['slice-ms']),
    connections: number('connections', values.connections),
    aggregates: number('aggregates', values.aggregates)
  }
}

function parse (args: string[]) {
  try {
    return parseArgs({
      args,
      strict: true,
      options: {
        slices: { type: 'string' },
        'slice-ms': { type: 'string' },
        connections: { type: 'string' },
        aggregates: { type: 'string' },
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function number (name: keyof typeof ROWS, text: string | undefined): number {
  const { fallback, least } = ROWS[name]
  if (text === undefined) return fallback
  const value = Number(text)
  if (!/^\d{1,7}$/.test(text) || value < least) throw new UsageError(`--${name} must be a whole number, at least ${least}, not '${text}'`)
  return value
}
