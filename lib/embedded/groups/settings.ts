/** How a group chooses the consumer of a message. */
export type StrategyName = 'RoundRobin' | 'DispatchToSingle' | 'Pinned' | 'PinnedByCorrelation'

const STRATEGIES: readonly string[] = ['RoundRobin', 'DispatchToSingle', 'Pinned', 'PinnedByCorrelation'] satisfies StrategyName[]

/** `startFrom` of a group that begins after whatever is there when it starts. */
export const FROM_END = -1n

/** The most events that one page of history holds, and how many it holds when a group asks for none. */
const LARGEST_PAGE = 100
const DEFAULT_PAGE = 20

/** What a group was made with. Numbers are taken as they come; {@link fault} says what cannot work. */
export interface GroupSettings {
  resolveLinks: boolean
  /** The first event to be given out: a revision, or a position of `$all`; {@link FROM_END} for those still to come. */
  startFrom: bigint
  extraStatistics: boolean
  /** Milliseconds; expiry is looked for once a second, so 0 is over at the next look. */
  messageTimeout: number
  maxRetryCount: number
  liveBufferSize: number
  /** How many events, waiting and to be tried again, a group keeps before it stops reading. */
  historyBufferSize: number
  readBatchSize: number
  /** Milliseconds; 0 for never by time. */
  checkpointAfter: number
  minCheckpointCount: number
  maxCheckpointCount: number
  /** 0 for any number. */
  maxSubscriberCount: number
  strategy: StrategyName
}

/** Settings as a request names them: the strategy is any text. */
export type ProposedSettings = Omit<GroupSettings, 'strategy'> & { strategy: string }

/** Why a group with such settings cannot be made; nothing when it can. */
export function fault (settings: ProposedSettings): string | undefined {
  if (!STRATEGIES.includes(settings.strategy)) return `Consumer strategy ${settings.strategy} does not exist.`
  if (settings.readBatchSize >= settings.historyBufferSize) return 'BufferSize must be larger than ReadBatchSize.'
  if (settings.startFrom < FROM_END) return 'Invalid Start From position: event revision must be greater than or equal to -1.'
  return undefined
}

/** How many events a group reads from history at once. */
export function pageSize (settings: GroupSettings): number {
  return settings.readBatchSize > 0 ? Math.min(settings.readBatchSize, LARGEST_PAGE) : DEFAULT_PAGE
}
