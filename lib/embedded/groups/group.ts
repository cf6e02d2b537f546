import type { LogRecord } from '../log/record.js'
import { Checkpoints } from './checkpoints.js'
import type { Connection, NackAction } from './connection.js'
import { Consumer } from './consumer.js'
import type { Receiver } from './consumer.js'
import { Deliveries } from './deliveries.js'
import type { SkippedGo } from './deliveries.js'
import { measure, statusText, Throughput } from './info.js'
import type { GroupInfo } from './info.js'
import type { Journal } from './journal.js'
import { Latencies } from './latencies.js'
import type { Message } from './message.js'
import { Pace } from './pace.js'
import { Parked } from './parked.js'
import { Reader } from './reader.js'
import { FROM_END } from './settings.js'
import type { GroupSettings } from './settings.js'
import type { Source } from './source.js'
import { strategyNamed } from './strategies/index.js'

/** What all groups of a server share. */
export interface GroupSurroundings {
  journal: Journal
  /** Milliseconds of a clock that never goes back. */
  now: () => number
  skippedGo: SkippedGo
  /** Called with what somebody who runs the server should know. */
  warn: (message: string) => void
}

/** One persistent subscription: the events of a source, each given to one of its consumers until one of them is done with it. */
export class Group {
  readonly name: string
  readonly source: Source
  readonly settings: GroupSettings
  #surroundings: GroupSurroundings
  #deliveries: Deliveries
  #reader: Reader
  #checkpoints: Checkpoints
  #parked: Parked
  #throughput: Throughput
  #loading: Promise<void> | undefined
  #ready = false
  #faulted = false
  #stopped = false
  #pace: Pace
  #warned = false

  constructor (name: string, source: Source, settings: GroupSettings, surroundings: GroupSurroundings) {
    const { journal, now, skippedGo } = surroundings
    this.name = name
    this.source = source
    this.settings = settings
    this.#surroundings = surroundings
    this.#throughput = new Throughput(now())
    this.#deliveries = new Deliveries(strategyNamed(settings.strategy), skippedGo)
    this.#checkpoints = new Checkpoints(this.id, journal, source, settings, () => this.#deliveries.checkpoint, now)
    this.#parked = new Parked(this.id, journal)
    const deliveries = this.#deliveries
    this.#pace = new Pace(() => deliveries.isAllBusy, () => { this.#giveOut() })
    this.#reader = new Reader(source, settings, (record) => journal.resolve(record), {
      get waitingCount () { return deliveries.waitingCount },
      take: (messages) => {
        for (const message of messages) deliveries.take(message)
        this.#schedule()
      },
      failed: (error) => { this.#fail(error) },
    })
  }

  /** `stream::group`, as the server names its streams and subscriptions. */
  get id (): string {
    return `${this.source.name}::${this.name}`
  }

  /** Streams in which the group keeps its state. */
  get streams (): string[] {
    return [this.#checkpoints.stream, this.#parked.stream]
  }

  /**
   * Loads the group's state, then gives out what follows its checkpoint.
   *
   * @param after - what has to be over first: a group of the same name that is still stopping
   */
  start (after?: Promise<void>): void {
    // The end is where the stream ends now, not where it will end once the state is there.
    const end = this.source.head()
    this.#loading = (async () => {
      await after
      const [checkpoint] = await Promise.all([this.#checkpoints.load(), this.#parked.load()])
      if (this.#stopped) return
      this.#ready = true
      const { startFrom } = this.settings
      this.#reader.start(checkpoint !== undefined ? checkpoint + 1n : startFrom === FROM_END ? end + 1n : startFrom)
    })().catch((error: unknown) => { this.#fail(error) })
  }

  /** Drops every consumer; settles when nothing of the group is being written any more. */
  async stop (): Promise<void> {
    this.#stopped = true
    this.#pace.stop()
    this.#reader.stop()
    this.#dropAll()
    await this.#loading
    await Promise.all([this.#checkpoints.stop(), this.#parked.stop()])
  }

  get consumerCount (): number {
    return this.#deliveries.consumers.size
  }

  connect (receiver: Receiver): Connection {
    const { now } = this.#surroundings
    const consumer = new Consumer(receiver, now(), this.settings.extraStatistics ? new Latencies() : undefined)
    if (this.#faulted) {
      setImmediate(() => { receiver.dropped() })
    } else {
      this.#deliveries.join(consumer)
      this.#schedule()
    }
    return {
      ack: (ids) => { this.#finish(this.#inFlight(ids)) },
      nack: (action, reason, ids) => { this.#nack(action, reason, this.#inFlight(ids)) },
      close: () => {
        this.#deliveries.leave(consumer)
        this.#schedule()
      },
    }
  }

  /** An event of the source was committed. */
  committed (record: LogRecord): void {
    this.#reader.committed(record)
  }

  /** Once a second: what is overdue is tried again, and a checkpoint is written if its time has come. */
  tick (): void {
    if (!this.#ready || this.#stopped) return
    this.#retry(this.#deliveries.sentBy(this.#surroundings.now() - this.settings.messageTimeout))
    this.#checkpoints.tick()
    this.#schedule()
  }

  /** Gives parked messages out again, up to but without a revision of the parked stream. */
  replayParked (stopAt: bigint | undefined): void {
    this.#parked.replay(stopAt, (messages) => {
      this.#deliveries.replay(messages)
      this.#schedule()
    }).catch((error: unknown) => { this.#surroundings.warn(`The parked messages of ${this.id} could not be replayed: ${String(error)}`) })
  }

  /**
   * Gives out again what was given out before, as a server does that was cut off: everything from a position on, handled
   * or not, with a retry count of 0; without a position what is in flight, with one try more.
   *
   * @returns how many messages were taken back from consumers
   */
  redeliver (from: bigint | undefined): number {
    const inFlight = this.#deliveries.sentBy(Infinity)
    if (from === undefined) {
      for (const message of inFlight) {
        this.#deliveries.release(message)
        message.retryCount++
      }
      this.#deliveries.retry(inFlight)
    } else {
      this.#deliveries.forgetFrom(from)
      this.#reader.start(from)
    }
    this.#schedule()
    return inFlight.filter(({ holder }) => holder === undefined).length
  }

  info (): GroupInfo {
    const { source, settings } = this
    const now = this.#surroundings.now()
    const connections = [...this.#deliveries.consumers].map((consumer) => measure(consumer, now))
    const written = (position: bigint | undefined): string => (position === undefined ? '' : source.write(position))
    return {
      stream: source.name,
      group: this.name,
      status: statusText({
        ready: this.#ready && !this.#faulted,
        live: this.#reader.isLive,
        reading: this.#reader.isReading,
        replaying: this.#parked.isReplaying,
      }),
      settings,
      startFrom: source.write(settings.startFrom),
      ...this.#throughput.measure(this.#deliveries.totalItems, now),
      lastCheckpointedEventPosition: written(this.#checkpoints.last),
      lastKnownEventPosition: written(this.#reader.lastKnown),
      readBufferCount: this.#deliveries.bufferCount,
      liveBufferCount: this.#reader.liveBufferCount,
      retryBufferCount: this.#deliveries.retryCount,
      totalInFlightMessages: connections.reduce((sum, connection) => sum + connection.inFlightMessages, 0),
      outstandingMessagesCount: this.#deliveries.inFlightCount,
      parkedMessageCount: this.#parked.count,
      connections,
    }
  }

  #inFlight (ids: readonly string[]): Message[] {
    const messages: Message[] = []
    for (const id of ids.length === 1 ? ids : new Set(ids)) {
      const message = this.#deliveries.inFlight(id)
      if (message !== undefined) messages.push(message)
    }
    return messages
  }

  #nack (action: NackAction, reason: string, messages: readonly Message[]): void {
    switch (action) {
      case 'skip':
      case 'stop':
        this.#finish(messages)
        break
      case 'park':
        for (const message of messages) this.#park(message, `Client explicitly NAK'ed message.\n${reason}`)
        this.#schedule()
        break
      case 'retry':
      case 'unknown':
        this.#retry(messages)
        this.#schedule()
    }
  }

  #finish (messages: readonly Message[]): void {
    if (messages.length === 0) return
    const now = this.#surroundings.now()
    for (const message of messages) {
      message.holder?.latencies?.note(now - message.sentAt)
      this.#deliveries.release(message)
    }
    this.#settled(messages)
    this.#schedule()
  }

  #retry (messages: readonly Message[]): void {
    const { maxRetryCount } = this.settings
    const again: Message[] = []
    for (const message of messages) {
      if (message.retryCount >= maxRetryCount) {
        this.#park(message, `Reached retry count of ${maxRetryCount}`)
      } else {
        this.#deliveries.release(message)
        message.retryCount++
        again.push(message)
      }
    }
    this.#deliveries.retry(again)
  }

  #park (message: Message, reason: string): void {
    this.#deliveries.release(message)
    // The checkpoint passes it only once it stands among the parked ones.
    this.#parked.park(message, reason, (messages, error) => {
      if (error === undefined) {
        this.#settled(messages)
        return
      }
      this.#surroundings.warn(`${messages.length} messages of ${this.id} could not be parked, and are tried again: ${String(error)}`)
      this.#deliveries.retry(messages)
      this.#schedule()
    })
  }

  #settled (messages: readonly Message[]): void {
    for (const message of messages) this.#deliveries.finish(message)
    this.#checkpoints.finished(messages.length)
  }

  #schedule (): void {
    if (!this.#stopped) this.#pace.ask()
  }

  #giveOut (): void {
    const stuck = this.#deliveries.push(this.#surroundings.now())
    if (stuck !== undefined && !this.#warned) {
      this.#warned = true
      this.#surroundings.warn(`${this.id} is stuck at ${this.source.write(stuck.position)}: ` +
        `the strategy ${this.settings.strategy} cannot read the metadata of event ${stuck.id}, since it is not JSON`)
    }
    this.#reader.pull()
  }

  #fail (error: unknown): void {
    this.#faulted = true
    this.#reader.stop()
    this.#surroundings.warn(`${this.id} has stopped: ${String(error)}`)
    this.#dropAll()
  }

  #dropAll (): void {
    for (const { receiver } of [...this.#deliveries.consumers]) receiver.dropped()
  }
}
