import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { Appender } from './append.js'
import { Connection } from './connection.js'
import type {
  AppendAnswer, CategoryProjection, Expected, GroupInfo, GroupSettings, NamedGroup, NewEvent, ReadOptions, ReadPage, StoreLog, StoreSettings,
  SubscribeOptions, Subscription
} from './contract.js'
import { faultOf, unavailable } from './faults.js'
import { Groups } from './groups.js'
import { categoryProjection } from './projections.js'
import { readPage } from './read.js'
import { SupervisedSubscription } from './subscription.js'

/**
 * The event store, by one client: appends, reads of streams, groups of persistent subscriptions and supervised subscriptions.
 *
 * Every call has the time limit `callLimit`. Where a method rejects, it is with UNISTREAM_STORE_UNAVAILABLE, whose cause
 * tells operators what to do.
 */
export class Store {
  readonly #connection: Connection
  readonly #log: StoreLog
  readonly #appender: Appender
  readonly #groups: Groups
  readonly #subscriptions = new Set<Subscription>()

  private constructor (connection: Connection, log: StoreLog) {
    this.#connection = connection
    this.#log = log
    this.#appender = new Appender(connection)
    this.#groups = new Groups(connection, log)
  }

  /**
   * A store with a client of its own. Nothing is connected before the first call.
   *
   * @throws UNISTREAM_SETTING_INVALID when the connection string cannot be used; the error does not show it
   */
  static open (settings: StoreSettings, log: StoreLog): Store {
    return new Store(Connection.open(settings), log)
  }

  /** A store over a client that someone else made, and disposes. */
  static over (client: KurrentDBClient, settings: Pick<StoreSettings, 'callLimit'>, log: StoreLog): Store {
    return new Store(new Connection(client, settings.callLimit, false), log)
  }

  /** Appends events to a stream, all or none. Never rejects: what became of it, or that nobody knows, is the answer. */
  append (stream: string, expected: Expected, events: readonly NewEvent[]): Promise<AppendAnswer> {
    return this.#appender.append(stream, expected, events)
  }

  /** Reads a page of a stream, at the leader. */
  read (stream: string, options: ReadOptions): Promise<ReadPage> {
    return readPage(this.#connection, stream, options)
  }

  /**
   * Makes a group where it does not exist; the settings of one that exists are compared, and differences logged. That this
   * user may not make groups is no failure where the group exists.
   */
  ensureGroup (stream: string, group: string, settings: GroupSettings): Promise<'made' | 'existed'> {
    return coded(this.#groups.ensure(stream, group, settings))
  }

  /** Undefined where there is no such group. */
  groupInfo (stream: string, group: string): Promise<GroupInfo | undefined> {
    return coded(this.#groups.info(stream, group))
  }

  /** The groups on a stream, or on all streams. */
  groups (stream?: string): Promise<NamedGroup[]> {
    return coded(this.#groups.list(stream))
  }

  /** Deletes a group, and its parked messages; its consumers are dropped. None is needed where there is no such group. */
  deleteGroup (stream: string, group: string): Promise<void> {
    return coded(this.#groups.delete(stream, group))
  }

  /** Has the parked messages of a group delivered once more; all, or those below a revision of the stream in which they are parked. */
  replayParked (stream: string, group: string, below?: bigint): Promise<void> {
    return coded(this.#groups.replayParked(stream, group, below))
  }

  /** Subscribes to a group, which is made where it does not exist. Supervised: see {@link Subscription}. */
  subscribe (options: SubscribeOptions): Subscription {
    const subscription = new SupervisedSubscription(this.#connection, this.#groups, options, this.#log)
    this.#subscriptions.add(subscription)
    return subscription
  }

  /** Such as `26.1.0`; `unknown` for a server that does not tell. It is asked for once for each channel. */
  serverVersion (): Promise<string> {
    return coded(this.#connection.serverVersion())
  }

  /** How the projection stands that fills the category streams `$ce-…`. Never rejects. */
  categoryProjection (): Promise<CategoryProjection> {
    return categoryProjection(this.#connection)
  }

  /** Takes no more appends, waits for the answers of those under way (each has its limit), stops the subscriptions, and ends an owned client. */
  async close (): Promise<void> {
    await Promise.all([this.#appender.close(), ...[...this.#subscriptions].map(subscription => subscription.stop())])
    await this.#connection.close()
  }
}

async function coded<T> (work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw unavailable(faultOf(error, 'A call to the store'))
  }
}
