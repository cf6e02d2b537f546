import { describeOptions, readCommandLine, UsageError } from '../command-line.js'
import { SCRATCH } from '../processes.js'
import { ROWS } from './rows.js'
import type { Row } from './rows.js'

/** What a run of the store's benchmark is told. */
export interface Options {
  readonly slices: number
  /** Rounds before those that may count. */
  readonly warmUp: number
  /** Milliseconds. */
  readonly sliceMs: number
  readonly rows: readonly Row[]
  /** Where the store on disk makes its folders. */
  readonly folder: string
}

const NUMBERS = {
  slices: { fallback: 16, least: 2, meaning: 'slices of each row and store that are to count' },
  'warm-up': { fallback: 8, least: 1, meaning: 'slices before those, in which a new store is compiled; for appends as many more as 50,000 events take' },
  'slice-ms': { fallback: 500, least: 100, meaning: 'milliseconds that a slice is to take' }
}

const TEXTS = {
  only: { value: 'ROWS', meaning: 'rows to measure, or how their names begin, with commas between' },
  folder: { value: 'FOLDER', meaning: 'where the store on disk makes its folders, and removes them' }
}

const KINDS = ['append', 'read', 'delivery'] as const

export const HELP = `The embedded store with the official client: rates, and the CPU time of both for each event

  For each row two stores are started, in memory and on disk, each a process of its own, with $by_category running; they are
  measured in short slices by turns, with the client on one core and them on another, and the other way round in each next round,
  where taskset can bind them. Slices during which other processes used the CPU are measured again where /proc tells.
  The store's CPU time is that of its process (where /proc tells), the client's that of this one. Live deliveries are appended by
  the same client: append and delivery are counted together, on both sides. A backlog stands before, and shows the delivery alone.

  With KURRENT_HOST that server is measured instead: then the store's CPU time is unknown, and there is nothing to compare it with.

Usage: npm run bench:store -- [options]

${describeOptions(NUMBERS, TEXTS)}

Rows:
${KINDS.map((kind) => `  ${ROWS.filter((row) => row.kind === kind).map(({ key }) => key).join(', ')}`).join('\n')}

Exit code: 0 if all was measured, whether targets are met or not; 2 for a command line that cannot be followed; else 1.
`

/** @throws UsageError */
export function readOptions (args: string[]): Options | 'help' {
  const read = readCommandLine(args, NUMBERS, TEXTS)
  if (read === 'help') return read
  const { slices, 'warm-up': warmUp, 'slice-ms': sliceMs, only, folder } = read
  return { slices, warmUp, sliceMs, rows: only === undefined ? ROWS : rowsOf(only), folder: folder ?? SCRATCH }
}

function rowsOf (only: string): Row[] {
  const names = only.split(',')
  for (const name of names) {
    if (!ROWS.some((row) => wanted(row, name))) throw new UsageError(`No row is named '${name}', or begins so`)
  }
  return ROWS.filter((row) => names.some((name) => wanted(row, name)))
}

/** A whole name, or its beginning up to a dash: `append-1` is not `append-10`. */
function wanted ({ key }: Row, name: string): boolean {
  return name !== '' && (key === name || key.startsWith(`${name}-`))
}
