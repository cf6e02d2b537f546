import type { LogRecord } from '../log/record.js'
import { matcher } from '../streams/all.js'
import { callError, invalidArgument } from './errors.js'
import type { streamsPb } from './protocol.js'
import { status } from '@grpc/grpc-js'

type FilterOptions = InstanceType<typeof streamsPb.ReadReq.Options.FilterOptions>

/** Which records of `$all` are wanted, and how often a follower hears how far the rest was looked through. */
export interface Filter {
  matches: (record: LogRecord) => boolean
  /** Records between two checkpoints. */
  checkpointEvery: number
}

/** What a window is when the client asks for a count of events instead. */
const DEFAULT_WINDOW = 32

/** @throws a status for an expression that is none */
export function parseFilter (options: FilterOptions): Filter {
  const streams = options.getStreamIdentifier()
  const types = options.getEventType()
  const expression = streams ?? types
  if (expression === undefined) throw invalidArgument('The filter names neither streams nor event types')
  const interval = options.getCheckpointintervalmultiplier()
  if (interval === 0) throw callError(status.UNKNOWN, 'Exception was thrown by handler. checkpointIntervalMultiplier must be positive')
  const matches = compiled(expression.getRegex(), expression.getPrefixList())
  const window = options.hasMax() ? options.getMax() : DEFAULT_WINDOW
  return {
    matches: streams === undefined ? (record) => matches(record.type) : (record) => matches(record.stream),
    checkpointEvery: interval * Math.max(window, 1)
  }
}

/**
 * What an expression matches.
 * @throws a status for one that cannot be
 */
export function compiled (regex: string, prefixes: readonly string[]): (text: string) => boolean {
  try {
    return matcher(regex, prefixes)
  } catch (error) {
    throw invalidArgument((error as Error).message)
  }
}
