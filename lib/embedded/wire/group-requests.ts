import { FROM_END, type AllFilter, type ProposedSettings } from '../groups/index.js'
import { ALL } from '../streams/index.js'
import { invalidArgument } from './errors.js'
import { compiled } from './filter.js'
import { persistentPb } from './protocol.js'
import { streamName } from './recorded.js'
import type { sharedPb } from './protocol.js'

type StreamIdentifier = InstanceType<typeof sharedPb.StreamIdentifier>
type CreateOptions = InstanceType<typeof persistentPb.CreateReq.Options>
type UpdateOptions = InstanceType<typeof persistentPb.UpdateReq.Options>
type FilterOptions = InstanceType<typeof persistentPb.CreateReq.AllOptions.FilterOptions>
type Settings = InstanceType<typeof persistentPb.CreateReq.Settings> | InstanceType<typeof persistentPb.UpdateReq.Settings>

const TICKS_PER_MILLISECOND = 10_000n

/** What a request to make a group, or to make it anew, asks for. */
export interface GroupRequest {
  stream: string
  group: string
  settings: ProposedSettings
  filter?: AllFilter
}

/**
 * Reads the options of Create and of Update: a stream in the old form (`stream_identifier` and `settings.revision`) or
 * in the new one, or `$all`.
 *
 * @throws INVALID_ARGUMENT when it is not said what to read, or from where
 */
export function groupRequest (options: CreateOptions | UpdateOptions | undefined): GroupRequest {
  const settings = options?.getSettings()
  if (options === undefined || settings === undefined) throw invalidArgument('The request has no options or no settings')
  const group = options.getGroupName()
  if (options.hasAll()) {
    const all = options.getAll()
    const filter = all !== undefined && 'getFilter' in all ? allFilter(all.getFilter()) : undefined
    return {
      stream: ALL,
      group,
      settings: proposed(settings, startOf(all?.hasPosition() === true ? all.getPosition()?.getCommitPosition() : undefined, all)),
      ...(filter === undefined ? {} : { filter }),
    }
  }
  if (options.hasStream()) {
    const stream = options.getStream()
    return {
      stream: namedStream(stream?.getStreamIdentifier()),
      group,
      settings: proposed(settings, startOf(stream?.hasRevision() === true ? stream.getRevision() : undefined, stream)),
    }
  }
  return { stream: namedStream(options.getStreamIdentifier()), group, settings: proposed(settings, signed(settings.getRevision())) }
}

/** What the options of the other calls have in common. */
interface GroupOptions {
  hasAll (): boolean
  getStreamIdentifier (): StreamIdentifier | undefined
  getGroupName (): string
}

/** @throws INVALID_ARGUMENT when neither a stream nor `$all` is named */
export function namedGroup (options: GroupOptions | undefined): { stream: string, group: string } {
  if (options === undefined) throw invalidArgument('The request has no options')
  return {
    stream: options.hasAll() ? ALL : namedStream(options.getStreamIdentifier()),
    group: options.getGroupName(),
  }
}

/** @throws INVALID_ARGUMENT when there is no name */
export function namedStream (identifier: StreamIdentifier | undefined): string {
  const name = streamName(identifier)
  if (name === '') throw invalidArgument('The request names no stream')
  return name
}

function startOf (position: string | undefined, from: { hasStart (): boolean, hasEnd (): boolean } | undefined): bigint {
  if (position !== undefined) return signed(position)
  if (from?.hasStart() === true) return 0n
  if (from?.hasEnd() === true) return FROM_END
  throw invalidArgument('The request does not say where to start')
}

/** An unsigned number of the wire whose upper half stands for negative ones. */
function signed (unsigned: string): bigint {
  return BigInt.asIntN(64, BigInt(unsigned))
}

function proposed (settings: Settings, startFrom: bigint): ProposedSettings {
  return {
    resolveLinks: settings.getResolveLinks(),
    startFrom,
    extraStatistics: settings.getExtraStatistics(),
    messageTimeout: settings.hasMessageTimeoutTicks() ? milliseconds(settings.getMessageTimeoutTicks()) : settings.getMessageTimeoutMs(),
    maxRetryCount: settings.getMaxRetryCount(),
    liveBufferSize: settings.getLiveBufferSize(),
    historyBufferSize: settings.getHistoryBufferSize(),
    readBatchSize: settings.getReadBatchSize(),
    checkpointAfter: settings.hasCheckpointAfterTicks() ? milliseconds(settings.getCheckpointAfterTicks()) : settings.getCheckpointAfterMs(),
    minCheckpointCount: settings.getMinCheckpointCount(),
    maxCheckpointCount: settings.getMaxCheckpointCount(),
    maxSubscriberCount: settings.getMaxSubscriberCount(),
    strategy: strategyName(settings),
  }
}

function milliseconds (ticks: string): number {
  return Number(BigInt(ticks) / TICKS_PER_MILLISECOND)
}

/** The name as text wins over the number, which has no value for every strategy. */
function strategyName (settings: Settings): string {
  const name = 'getConsumerStrategy' in settings ? settings.getConsumerStrategy() : ''
  if (name !== '') return name
  const { DISPATCHTOSINGLE, ROUNDROBIN, PINNED } = persistentPb.CreateReq.ConsumerStrategy
  switch (settings.getNamedConsumerStrategy() as number) {
    case DISPATCHTOSINGLE: return 'DispatchToSingle'
    case ROUNDROBIN: return 'RoundRobin'
    case PINNED: return 'Pinned'
    default: return String(settings.getNamedConsumerStrategy())
  }
}

function allFilter (filter: FilterOptions | undefined): AllFilter | undefined {
  if (filter === undefined) return undefined
  const byStream = filter.getStreamIdentifier()
  const expression = byStream ?? filter.getEventType()
  if (expression === undefined) throw invalidArgument('The filter says nothing')
  compiled(expression.getRegex(), expression.getPrefixList())
  return {
    on: byStream === undefined ? 'type' : 'stream',
    regex: expression.getRegex(),
    prefixes: expression.getPrefixList(),
  }
}
