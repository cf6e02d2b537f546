import type { ExpectedState, Violation } from '../../streams/index.js'

const NUMBERS: ReadonlyArray<readonly [number: bigint, state: ExpectedState]> = [
  [-1n, 'no_stream'],
  [-2n, 'any'],
  [-4n, 'stream_exists'],
  [-5n, 'soft_deleted'],
  [-6n, 'tombstoned']
]

/** The state of a stream that a number stands for; nothing when it stands for none. */
export function stateOf (number: string): ExpectedState | undefined {
  const value = BigInt(number)
  return value >= 0n ? value : NUMBERS.find(([known]) => known === value)?.[1]
}

/** The number of a state, or of a revision, where -1n is that of no stream. */
export function numberOf (state: ExpectedState | Violation['actual']): string {
  return (typeof state === 'bigint' ? state : NUMBERS.find(([, known]) => known === state)![0]).toString()
}
