import { describeOptions, readCommandLine } from './command-line.js'

/** What a run of the end-to-end benchmark is told. */
export interface Options {
  readonly slices: number
  /** Milliseconds. */
  readonly sliceMs: number
  readonly connections: number
  readonly aggregates: number
}

const NUMBERS = {
  slices: { fallback: 8, least: 6, meaning: 'slices of each way that are to count' },
  'slice-ms': { fallback: 1000, least: 100, meaning: 'milliseconds that a slice is to take' },
  connections: { fallback: 128, least: 1, meaning: 'HTTP connections, each with one command under way' },
  aggregates: { fallback: 1000, least: 1, meaning: 'periods that the deposits go to, in turn' }
}

export const HELP = `Commands over HTTP, all the way and back, beside the bare official client on the same store

  Starts a store in memory (unless KURRENT_HOST names one), a worker and a sender of the bank, each a process of its own, and
  sends deposits. By turns it appends single JSON events with the bare client, 64 in flight. What counts is the ratio of the two:
  both ways meet the same machine. Slices during which other processes used the CPU are measured again where /proc tells.

Usage: npm run bench -- [options]

${describeOptions(NUMBERS, {})}

Exit code: 0 if every answer was 201, else 1; 2 for a command line that cannot be followed.
`

/**
 * @throws UsageError
 */
export function readOptions (args: string[]): Options | 'help' {
  const read = readCommandLine(args, NUMBERS, {})
  if (read === 'help') return read
  const { 'slice-ms': sliceMs, ...others } = read
  return { ...others, sliceMs }
}
