import { status } from '@grpc/grpc-js'
import { callError, handlerThrew, invalidArgument } from './errors.js'
import { parseFilter, type Filter } from './filter.js'
import { streamsPb } from './protocol.js'
import { streamName } from './recorded.js'

export type ReadRequest = InstanceType<typeof streamsPb.ReadReq>
/** A message, or one that is written already. */
export type ReadResponse = InstanceType<typeof streamsPb.ReadResp> | Buffer
type Options = InstanceType<typeof streamsPb.ReadReq.Options>

/** Where to begin: at a revision or position, or at an end. */
export type From = bigint | 'start' | 'end'

/** How the events are to be shown. */
export interface Shape {
  resolveLinks: boolean
  /** Ids as two numbers instead of text. */
  structuredIds: boolean
}

export interface ReadStream extends Shape {
  kind: 'stream'
  stream: string
  from: From
  backwards: boolean
  count: number
  /** Whether the first and the last position are to be told. */
  positions: boolean
}

export interface ReadAll extends Shape {
  kind: 'all'
  from: From
  backwards: boolean
  count: number
  filter: Filter | undefined
}

export interface FollowStream extends Shape {
  kind: 'follow-stream'
  stream: string
  from: From
}

export interface FollowAll extends Shape {
  kind: 'follow-all'
  from: From
  filter: Filter | undefined
}

const NOWHERE = 2n ** 64n - 1n
const GREATEST = 2n ** 63n

/** @throws a status for what no client may ask */
export function parseRead (request: ReadRequest): ReadStream | ReadAll | FollowStream | FollowAll {
  const options = request.getOptions()
  const uuids = options?.getUuidOption()
  if (options === undefined || uuids === undefined) throw invalidArgument("'UuidOption' is missing")
  const shape: Shape = { resolveLinks: options.getResolveLinks(), structuredIds: uuids.hasStructured() }
  const backwards = options.getReadDirection() === streamsPb.ReadReq.Options.ReadDirection.BACKWARDS
  const filter = options.getFilter()

  if (options.hasStream()) {
    if (filter !== undefined) throw invalidCombination()
    const stream = options.getStream()!
    const name = streamName(stream.getStreamIdentifier())
    if (name === '') throw handlerThrew()
    const from = stream.hasRevision() ? bound(stream.getRevision()) : end(stream)
    if (options.hasCount()) {
      if (from === 'end' && !backwards) throw beyondTheEnd()
      return { kind: 'stream', stream: name, from, backwards, count: countOf(options), positions: (options.getControlOption()?.getCompatibility() ?? 0) >= 1, ...shape }
    }
    if (options.hasSubscription() && !backwards) return { kind: 'follow-stream', stream: name, from, ...shape }
  } else if (options.hasAll()) {
    const from = allFrom(options)
    const parsed = filter === undefined ? undefined : parseFilter(filter)
    if (options.hasCount()) return { kind: 'all', from, backwards, count: countOf(options), filter: parsed, ...shape }
    if (options.hasSubscription() && !backwards) return { kind: 'follow-all', from, filter: parsed, ...shape }
  }
  throw invalidCombination()
}

function allFrom (options: Options): From {
  const all = options.getAll()!
  const position = all.getPosition()
  if (position === undefined) return end(all)
  const commit = bound(position.getCommitPosition())
  const prepare = bound(position.getPreparePosition())
  if (commit !== 'end' && (prepare === 'end' || commit < prepare)) throw handlerThrew()
  return commit
}

/** An end that is said, since nothing else is. */
function end (options: { hasStart (): boolean, hasEnd (): boolean }): 'start' | 'end' {
  if (options.hasEnd()) return 'end'
  if (options.hasStart()) return 'start'
  throw handlerThrew()
}

function bound (text: string): bigint | 'end' {
  const value = BigInt(text)
  if (value === NOWHERE) return 'end'
  if (value >= GREATEST || value < 0n) throw handlerThrew()
  return value
}

function beyondTheEnd (): Error {
  return callError(status.UNKNOWN, "Unexpected ReadStreamResult: Error >> fromEventNumber should be non negative. (Parameter 'fromEventNumber')")
}

function countOf (options: Options): number {
  const count = BigInt(options.getCount())
  if (count === 0n) throw callError(status.UNKNOWN, 'Exception was thrown by handler. maxCount must be positive')
  return count > BigInt(Number.MAX_SAFE_INTEGER) || count < 0n ? Number.MAX_SAFE_INTEGER : Number(count)
}

function invalidCombination (): Error {
  return invalidArgument('The combination of stream, count, direction, subscription and filter is not valid')
}
