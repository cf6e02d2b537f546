import { reachedBy } from '../store/index.js'
import type { GroupSettings, RecordedEvent, Store, StoreLog, Subscription, SubscriptionError } from '../store/index.js'

export interface OutcomeFeedOptions {
  readonly store: Pick<Store, 'subscribe' | 'groupInfo' | 'deleteGroup' | 'read'>
  /** The category stream of the aggregate type. */
  readonly stream: string
  /** One for each node and aggregate type. */
  readonly group: string
  /** Leave the group in the store when closing. */
  readonly keepGroup: boolean
  /** Must not throw. */
  readonly onEvent: (event: RecordedEvent) => void
  readonly onConfirmed: () => void
  readonly log: StoreLog
  /** Milliseconds for which another consumer of the group may be a dead peer that the server has not noticed yet. */
  readonly patience?: number
  /** Links that a group may be behind by; beyond that it is made anew, and what it skips is looked up. */
  readonly backlog?: bigint
}

const BUFFER = 256

const GROUP: GroupSettings = {
  startFrom: 'end',
  resolveLinkTos: true,
  messageTimeout: 30_000,
  // Every delivery is acknowledged, so that none is ever parked.
  maxRetryCount: 1_000,
  checkPointAfter: 2_000,
  checkPointLowerBound: 1,
  checkPointUpperBound: 1_000,
  maxSubscriberCount: 1,
  liveBufferSize: 2_048,
  readBatchSize: 128,
  historyBufferSize: 2_048,
  strategy: 'RoundRobin'
}

/**
 * The live outcomes of one aggregate type: a persistent subscription on its category stream, by a group of this node's own.
 * It loses nothing that matters: what passes while it does not stand is looked up.
 */
export class OutcomeFeed {
  readonly #options: OutcomeFeedOptions
  #subscription: Subscription | undefined
  #confirmed = false
  #fullSince: number | undefined
  #fullToldAt: number | undefined
  #unresolved = 0

  constructor (options: OutcomeFeedOptions) {
    this.#options = options
  }

  get standing (): boolean {
    return this.#subscription?.standing === true
  }

  /** Whether it has ever stood. */
  get confirmed (): boolean {
    return this.#confirmed
  }

  get trouble (): SubscriptionError | undefined {
    return this.#subscription?.lastError
  }

  /** Another consumer holds the group for longer than a dead one could. */
  get taken (): boolean {
    return this.#fullToldAt !== undefined
  }

  start (): void {
    const { store, stream, group } = this.#options
    this.#subscription = store.subscribe({
      stream,
      group,
      settings: GROUP,
      bufferSize: BUFFER,
      onConfirmed: () => this.#stands(),
      onDelivery: ({ ackId, event, link }) => {
        // What is not understood is acknowledged like the rest: again it would not be understood either.
        this.#subscription?.ack(ackId)
        if (event !== undefined) this.#options.onEvent(event)
        else this.#leadsNowhere(link)
      },
      onLost: error => this.#lost(error)
    })
  }

  /** In bounded time. */
  async close (): Promise<void> {
    const subscription = this.#subscription
    if (subscription === undefined) return
    // While it does not stand, the group may be another one's.
    const own = subscription.standing
    await subscription.stop()
    if (!own || this.#options.keepGroup) return
    const { store, stream, group, log } = this.#options
    try {
      await store.deleteGroup(stream, group)
    } catch (err) {
      log.warn({ err, stream, group },
        `The group of this sender could not be removed from the store: if this host does not come back, remove it by \`unistream-groups remove ${group}\``)
    }
  }

  /** What an operator has removed leaves its link behind, so that this alone is no reason to warn. */
  #leadsNowhere (link: RecordedEvent | undefined): void {
    this.#unresolved++
    const { stream, group, log } = this.#options
    log.debug({ stream, group, revision: link && String(link.revision), target: link && Buffer.from(link.data).toString(), unresolved: this.#unresolved },
      'A link leads to an event that is gone')
  }

  #stands (): void {
    this.#confirmed = true
    this.#fullSince = undefined
    this.#fullToldAt = undefined
    this.#options.onConfirmed()
    this.#shedBacklog().catch((err: Error) => {
      this.#options.log.debug({ err, stream: this.#options.stream }, 'How far the outcomes are behind could not be learned')
    })
  }

  #lost (error: SubscriptionError): void {
    if (error.trouble !== 'full') {
      this.#fullSince = undefined
      this.#fullToldAt = undefined
      return
    }
    const { patience = 60_000, stream, group, log } = this.#options
    const now = performance.now()
    this.#fullSince ??= now
    if (now - this.#fullSince < patience || (this.#fullToldAt !== undefined && now - this.#fullToldAt < patience)) return
    this.#fullToldAt = now
    log.error({ stream, group },
      'Another sender takes the outcomes of this one, since both have the same host name: give each its own kurrent.hostname (KURRENT_HOSTNAME)')
  }

  /** A group that is far behind would deliver stale outcomes for a long time. When it is removed, the subscription makes it anew. */
  async #shedBacklog (): Promise<void> {
    const { store, stream, group, log, backlog = 10_000n } = this.#options
    const info = await store.groupInfo(stream, group)
    const page = await store.read(stream, { direction: 'backwards', from: 'end', count: 1 })
    if (info === undefined || page.kind !== 'page') return
    const head = page.head ?? page.events[0]?.link?.revision ?? page.events[0]?.event?.revision
    const reached = reachedBy(info)
    if (head === undefined || reached === undefined || head - reached <= backlog || !this.standing) return
    log.warn({ stream, group, behind: String(head - reached) }, 'The group of this sender is far behind: it is made anew from the end')
    await store.deleteGroup(stream, group)
  }
}
