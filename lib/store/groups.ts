import { status } from '@grpc/grpc-js'
import { persistentSubscriptionToStreamSettingsFromDefaults } from '@kurrent/kurrentdb-client'
import type { PersistentSubscriptionToAllInfo, PersistentSubscriptionToStreamInfo, PersistentSubscriptionToStreamSettings } from '@kurrent/kurrentdb-client'
import type { Connection } from './connection.js'
import type { GroupInfo, GroupSettings, NamedGroup, StoreLog } from './contract.js'
import { codeOf, exceptionOf, StoreFault } from './faults.js'

type AnyGroupInfo = PersistentSubscriptionToStreamInfo | PersistentSubscriptionToAllInfo
type Setting = keyof GroupSettings

/** A setting in which a group differs from what is asked for. */
export interface GroupDifference {
  setting: Setting
  wanted: string
  actual: string
}

/** The groups of persistent subscriptions. All of it rejects with a StoreFault where the store cannot answer. */
export class Groups {
  readonly #connection: Connection
  readonly #log: StoreLog
  /** What was logged of each group, so that it is not said again at each new subscription. */
  readonly #told = new Map<string, string>()

  constructor (connection: Connection, log: StoreLog) {
    this.#connection = connection
    this.#log = log
  }

  /**
   * Makes the group where it does not exist. The settings of one that exists are compared and left as they are: an update drops
   * every consumer, and cannot express the strategy PinnedByCorrelation.
   *
   * A user may be allowed to subscribe but not to make groups: that is no failure where the group exists.
   */
  async ensure (stream: string, group: string, settings: GroupSettings): Promise<'made' | 'existed'> {
    const found = await this.info(stream, group).catch(allowAccessDenied)
    if (found !== undefined) return this.#existed(stream, group, settings, found)
    try {
      await this.#create(stream, group, settings)
      this.#log.info({ stream, group }, 'Made the persistent subscription group')
      return 'made'
    } catch (error) {
      if (exceptionOf(error instanceof StoreFault ? error.cause : error) === 'persistent-subscription-exists') {
        const made = await this.info(stream, group).catch(allowAccessDenied)
        return made === undefined ? 'existed' : this.#existed(stream, group, settings, made)
      }
      if (error instanceof StoreFault && error.trouble === 'access_denied') {
        throw new StoreFault('access_denied', `The group ${group} on stream ${stream} does not exist, and this user may not make it: ` +
          'let a user of the groups $admins or $ops make it, or use such a user', error)
      }
      throw error
    }
  }

  /** Undefined where there is no such group. */
  async info (stream: string, group: string): Promise<GroupInfo | undefined> {
    const doing = `Looking at group ${group} on stream ${stream}`
    try {
      return groupInfo(await this.#connection.managed(doing,
        options => this.#connection.client.getPersistentSubscriptionToStreamInfo(stream, group, options)))
    } catch (error) {
      if (missing(error)) return undefined
      throw error
    }
  }

  /** The groups on a stream, or on all streams, but not those on all events. */
  async list (stream?: string): Promise<NamedGroup[]> {
    const { client } = this.#connection
    const doing = stream === undefined ? 'Listing the groups' : `Listing the groups on stream ${stream}`
    try {
      const infos = await this.#connection.managed<AnyGroupInfo[]>(doing, options => stream === undefined
        ? client.listAllPersistentSubscriptions(options)
        : client.listPersistentSubscriptionsToStream(stream, options))
      return infos.filter(isOnStream).map(info => ({ stream: info.eventSource, group: info.groupName, ...groupInfo(info) }))
    } catch (error) {
      // So the server answers where no group was made on the stream since its start.
      if (missing(error)) return []
      throw error
    }
  }

  /** A group that does not exist needs no deletion. Its consumers are dropped. */
  async delete (stream: string, group: string): Promise<void> {
    try {
      await this.#connection.managed(`Deleting group ${group} on stream ${stream}`,
        options => this.#connection.client.deletePersistentSubscriptionToStream(stream, group, options))
    } catch (error) {
      if (!missing(error)) throw error
    }
    this.#told.delete(`${stream}::${group}`)
  }

  /** Has parked messages delivered once more; all, or those below a revision of the stream in which they are parked. */
  async replayParked (stream: string, group: string, below?: bigint): Promise<void> {
    await this.#connection.managed(`Replaying the parked messages of group ${group} on stream ${stream}`,
      options => this.#connection.client.replayParkedMessagesToStream(stream, group, { ...options, ...below !== undefined && { stopAt: Number(below) } }))
  }

  async #create (stream: string, group: string, settings: GroupSettings): Promise<void> {
    await this.#connection.managed(`Making group ${group} on stream ${stream}`,
      options => this.#connection.client.createPersistentSubscriptionToStream(stream, group, clientSettings(settings), options))
  }

  #existed (stream: string, group: string, settings: GroupSettings, info: GroupInfo): 'existed' {
    const differences = groupDifferences(settings, info.settings)
    const key = `${stream}::${group}`
    const said = JSON.stringify(differences)
    if (differences.length > 0 && this.#told.get(key) !== said) {
      this.#log.warn({ stream, group, differences },
        'The persistent subscription group has other settings than configured, and keeps them: delete it while nothing subscribes to have it made anew')
    }
    this.#told.set(key, said)
    return 'existed'
  }
}

/** The last revision that a group has done with; undefined where it has finished none, and began at the end. */
export function reachedBy ({ lastCheckpointed, settings: { startFrom } }: GroupInfo): bigint | undefined {
  if (lastCheckpointed !== undefined) return lastCheckpointed
  if (startFrom === 'end') return undefined
  return startFrom === 'start' ? -1n : startFrom - 1n
}

/** What differs between the settings asked for and those that a group has. */
export function groupDifferences (wanted: GroupSettings, actual: GroupInfo['settings']): GroupDifference[] {
  const differences: GroupDifference[] = []
  const compare = (setting: Setting, one: unknown, other: unknown): void => {
    if (one !== other) differences.push({ setting, wanted: String(one), actual: String(other) })
  }
  compare('startFrom', wanted.startFrom === 0n ? 'start' : wanted.startFrom, actual.startFrom === 0n ? 'start' : actual.startFrom)
  compare('maxSubscriberCount', wanted.maxSubscriberCount ?? 'unbounded', actual.maxSubscriberCount ?? 'unbounded')
  const others = ['resolveLinkTos', 'messageTimeout', 'maxRetryCount', 'checkPointAfter', 'checkPointLowerBound', 'checkPointUpperBound',
    'liveBufferSize', 'readBatchSize', 'historyBufferSize', 'strategy'] as const satisfies readonly Setting[]
  for (const setting of others) compare(setting, wanted[setting], actual[setting])
  return differences
}

function clientSettings ({ strategy, maxSubscriberCount, ...settings }: GroupSettings): PersistentSubscriptionToStreamSettings {
  return persistentSubscriptionToStreamSettingsFromDefaults({
    ...settings,
    consumerStrategyName: strategy,
    ...maxSubscriberCount === undefined ? {} : { maxSubscriberCount }
  })
}

function groupInfo ({ status: state, settings, stats, connections }: PersistentSubscriptionToStreamInfo): GroupInfo {
  const {
    consumerStrategyName, maxSubscriberCount, startFrom, resolveLinkTos, messageTimeout, maxRetryCount, checkPointAfter,
    checkPointLowerBound, checkPointUpperBound, liveBufferSize, readBatchSize, historyBufferSize
  } = settings
  return {
    status: state,
    ...stats.lastCheckpointedEventRevision === undefined ? {} : { lastCheckpointed: stats.lastCheckpointedEventRevision },
    ...stats.lastKnownEventRevision === undefined ? {} : { lastKnown: stats.lastKnownEventRevision },
    parked: stats.parkedMessageCount,
    connections: connections.length,
    outstanding: stats.totalInFlightMessages + stats.retryBufferCount,
    settings: {
      startFrom,
      resolveLinkTos,
      messageTimeout,
      maxRetryCount,
      checkPointAfter,
      checkPointLowerBound,
      checkPointUpperBound,
      liveBufferSize,
      readBatchSize,
      historyBufferSize,
      strategy: consumerStrategyName,
      ...typeof maxSubscriberCount === 'number' ? { maxSubscriberCount } : {}
    }
  }
}

function isOnStream (info: AnyGroupInfo): info is PersistentSubscriptionToStreamInfo {
  return info.eventSource !== '$all'
}

function missing (error: unknown): boolean {
  return error instanceof StoreFault && (error.trouble === 'no_group' || codeOf(error.cause) === status.NOT_FOUND)
}

function allowAccessDenied (error: unknown): undefined {
  if (error instanceof StoreFault && error.trouble === 'access_denied') return undefined
  throw error
}
