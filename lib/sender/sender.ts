import type { AnyCommands, CommandDefinition, EventDefinition } from '../definition/index.js'
import { ClosingError, CommandIdReusedError, CommandTooLargeError } from '../errors.js'
import { commandEvent, OutcomeReader, streamNames } from '../outcome/index.js'
import type { Outcome, StreamNames } from '../outcome/index.js'
import type { Store, StoreLog } from '../store/index.js'
import { AppendQueue, storedSize } from './append-queue.js'
import { Arrivals } from './arrivals.js'
import { CommandStream } from './command-stream.js'
import type { FindRequest, Readiness, SenderSettings, SendRequest, SendResult } from './contract.js'
import { Gate } from './gate.js'
import { LateLinks } from './late-links.js'
import { LookUps } from './look-ups.js'
import { OpenLookUp } from './open-look-up.js'
import { OutcomeCache } from './outcome-cache.js'
import { OutcomeFeed } from './outcome-feed.js'
import { checkIds, checkRequest, commandNamed } from './request.js'
import { Schedule } from './schedule.js'
import { Sightings } from './sightings.js'
import { StatusQuery } from './status-query.js'
import { UnusableOutcomes } from './unusable-outcomes.js'
import { answer, open, outcomeOf, Waiters } from './waiters.js'
import type { CommandUnderWay, FirstSent } from './waiters.js'

export interface AggregateSenderOptions {
  readonly commands: AnyCommands
  readonly store: Store
  readonly settings: SenderSettings
  /** This node's name; no two senders of one store may share it. */
  readonly hostname: string
  readonly log: StoreLog
  /** Events that answers show under their code names, where they are at hand; others keep the store's spelling. */
  readonly eventByStoredName?: (storedName: string) => EventDefinition | undefined
  /** Seconds until an outcome that was not delivered is looked for; 1 unless said. */
  readonly lookAfter?: number
}

/** An append of one command must fit into every server's limit, 1 MiB at the least. Bytes. */
const LARGEST_COMMAND = 900 * 1024
const DRAIN_SECONDS = 2
/** As many times as long as until the first look, a link may take before it counts as missing. */
const PATIENCE = 5

/**
 * Sends the commands of one aggregate type and finds their outcomes. It appends first and reads nothing for a new command; the
 * outcome comes by the feed, or a look-up finds it where the feed cannot bring it: it stood there before, or its link is late.
 */
export class AggregateSender {
  readonly #name: string
  readonly #commands: AnyCommands
  readonly #settings: SenderSettings
  readonly #log: StoreLog
  readonly #schedule = new Schedule()
  readonly #gate: Gate
  readonly #waiters: Waiters
  readonly #cache: OutcomeCache
  readonly #sightings = new Sightings()
  readonly #streams: StreamNames
  readonly #firstLook: number
  readonly #queue: AppendQueue
  readonly #lookUps: LookUps
  readonly #openLookUps = new Map<CommandUnderWay, OpenLookUp>()
  readonly #commandStream: CommandStream
  readonly #statusQuery: StatusQuery
  readonly #unusable: UnusableOutcomes
  readonly #feed: OutcomeFeed
  readonly #arrivals: Arrivals
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined

  constructor ({ commands, store, settings, hostname, log, eventByStoredName, lookAfter = 1 }: AggregateSenderOptions) {
    const streams = streamNames(commands.storedName)
    const newReader = () => new OutcomeReader(commands, eventByStoredName)
    this.#name = commands.name
    this.#commands = commands
    this.#streams = streams
    this.#firstLook = lookAfter * 1000
    this.#settings = settings
    this.#log = log
    this.#gate = new Gate(this.#schedule, settings.waiters)
    this.#waiters = new Waiters(commands.name, settings, this.#schedule, command => this.#forgotten(command))
    this.#cache = new OutcomeCache({ minutes: settings.interval })
    this.#lookUps = new LookUps(store, streams, newReader)
    this.#commandStream = new CommandStream(store, commands, streams, log)
    this.#unusable = new UnusableOutcomes(commands.name, log)
    this.#statusQuery = new StatusQuery(this.#lookUps, this.#commandStream, this.#schedule, this.#unusable, settings)
    this.#arrivals = new Arrivals({
      waiters: this.#waiters,
      cache: this.#cache,
      sightings: this.#sightings,
      reader: newReader(),
      unusable: this.#unusable,
      commandStream: this.#commandStream,
      lateLinks: new LateLinks(streams.category, this.#firstLook * PATIENCE, this.#schedule, log),
      onHint: command => this.#openLookUps.get(command)?.now(),
      onUnplaced: command => this.#sendAlone(command),
      isLive: () => this.#feed.standing,
      log
    })
    this.#queue = new AppendQueue({
      stream: streams.commands,
      store,
      batchCount: settings.batchCount,
      batchBytes: settings.batchBytes,
      schedule: this.#schedule,
      onAppended: (command, old) => this.#appended(command, old),
      onRejected: (command, error) => this.#rejected(command, error),
      log
    })
    this.#feed = new OutcomeFeed({
      store,
      stream: streams.category,
      group: `${commands.storedName}-${hostname}`,
      keepGroup: settings.keepGroup ?? false,
      onEvent: event => this.#arrivals.deliver(event),
      onConfirmed: () => { this.#confirmed().catch((err: Error) => log.error({ err }, 'A confirmed feed could not be used')) },
      log
    })
  }

  /** Begins to listen for outcomes; the store may be away, and is waited for. */
  start (): void {
    this.#gate.begin()
    this.#feed.start()
  }

  /**
   * Tells every caller in bounded time what is known, takes no more commands, and removes this node's group from the store
   * unless the settings keep it.
   */
  close (): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  readiness (): Readiness {
    const reasons: string[] = []
    if (this.#closing !== undefined) reasons.push(`The sender of ${this.#name} is closing`)
    else if (this.#feed.taken) {
      reasons.push(`Another sender takes the outcomes of ${this.#name}: give each its own kurrent.hostname (KURRENT_HOSTNAME)`)
    } else if (!this.#feed.standing || !this.#gate.isOpen) {
      reasons.push(`The outcomes of ${this.#name} do not come yet: ${this.#feed.trouble?.message ?? 'the subscription is not confirmed'}`)
    }
    return { ready: reasons.length === 0, reasons, warnings: this.#unusable.warnings }
  }

  /**
   * Sends a command, and resolves to its outcome, or to `open` where the deadline passes first: then ask again with the same
   * command id. Sent again with the same id, however often and from wherever, a command takes effect once.
   *
   * Throws a coded error where the command was not accepted: UNISTREAM_COMMAND_UNKNOWN, UNISTREAM_COMMAND_INVALID (with
   * `faults`; nothing reached the store), UNISTREAM_COMMAND_TOO_LARGE, UNISTREAM_COMMAND_ID_REUSED, UNISTREAM_OVERLOADED,
   * UNISTREAM_STORE_UNAVAILABLE or UNISTREAM_CLOSING; the last three have `retryAfter`, in seconds.
   */
  async send (command: string, request: SendRequest): Promise<SendResult> {
    const definition = commandNamed(this.#commands, command)
    const { aggId, comId } = checkRequest(definition, request)
    const until = performance.now() + (request.deadline ?? this.#settings.deadline) * 1000
    // Taken as it is now: the caller may change its object while the command waits.
    const event = commandEvent(definition, { aggId, comId }, request.command)
    if (storedSize(event) > LARGEST_COMMAND) throw new CommandTooLargeError()
    const fingerprint = definition.fingerprint(request.command)
    if (!this.#gate.isOpen) await this.#gate.pass(until, () => this.#feed.trouble)
    return await this.#submit({ aggId, comId, definition, fingerprint, event }, until)
  }

  /**
   * What became of a command: its outcome; `open` where it waits here or in the command stream, where the workers have parked it, or
   * where a caller of this node was told so lately; undefined where nothing is known of it. Throws UNISTREAM_STORE_UNAVAILABLE where that cannot be learned.
   */
  async find ({ command, ...ids }: FindRequest): Promise<Outcome | undefined> {
    const definition = commandNamed(this.#commands, command)
    const key = checkIds(ids)
    if (this.#closing !== undefined) throw new ClosingError()
    const remembered = this.#cache.get(key.comId)
    const stored = remembered?.aggId === key.aggId && remembered.stored !== undefined
      ? remembered.stored
      : await this.#statusQuery.ask({ ...key, type: definition.storedName }, () => this.#isOpenHere(definition, key))
    if (stored === undefined) return undefined
    if (stored === 'open') return open(this.#name, key)
    if (stored.command !== undefined && stored.command !== definition.storedName) return undefined
    return outcomeOf(this.#name, key, stored)
  }

  async #submit (sent: FirstSent, until: number): Promise<SendResult> {
    if (this.#closing !== undefined) throw new ClosingError()
    const { aggId, comId, definition, fingerprint, event } = sent
    const remembered = this.#cache.get(comId)
    const underWay = this.#waiters.get(comId)
    const known = remembered ?? underWay
    if (known !== undefined && known.aggId !== aggId) throw new CommandIdReusedError()
    if (remembered?.stored !== undefined) return answer(this.#name, sent, sent, remembered.stored, true)
    if (underWay !== undefined) {
      const same = underWay.definition === definition && underWay.fingerprint === fingerprint
      return await this.#waiters.wait(underWay, { definition, fingerprint, ...(!same && { event }) }, until)
    }
    const sighted = this.#sightings.has(comId, this.#streams.aggregate(aggId))
    const command = this.#waiters.open(sent, remembered !== undefined || sighted)
    command.known = sighted
    const result = this.#waiters.wait(command, { definition, fingerprint }, until)
    this.#openLookUps.set(command, new OpenLookUp({
      aggId,
      comId,
      firstLook: this.#firstLook,
      lookUps: this.#lookUps,
      schedule: this.#schedule,
      onFound: (stored, last) => this.#arrivals.found(command, stored, last),
      onUnusable: (unusable, event) => this.#unusable.report(unusable, event),
      onMissed: () => { if (command.standing === 'appended' && !command.certain) this.#ascertain(command) }
    }))
    this.#queue.add(command)
    return await result
  }

  /** Callers wait for it, or have lately left with the answer that it is open. */
  #isOpenHere (definition: CommandDefinition, { aggId, comId }: { aggId: string, comId: string }): boolean {
    const command = this.#waiters.get(comId)
    if (command !== undefined) return command.aggId === aggId && command.definition === definition
    const remembered = this.#cache.get(comId)
    return remembered?.aggId === aggId && remembered.sent === definition.storedName
  }

  #appended (command: CommandUnderWay, old: boolean): void {
    this.#arrivals.appended(command)
    if (old || command.known) this.#openLookUps.get(command)?.now()
  }

  #rejected (command: CommandUnderWay, error: Error): void {
    for (const { definition, fingerprint, event, until, resolve, reject } of this.#waiters.reject(command, error)) {
      const { aggId, comId } = command
      this.#submit({ aggId, comId, definition, fingerprint, event: event! }, until).then(resolve, reject)
    }
  }

  #forgotten (command: CommandUnderWay): void {
    this.#openLookUps.get(command)?.stop()
    this.#openLookUps.delete(command)
    if (command.standing === 'appended' || command.standing === 'perhaps') {
      this.#cache.tried(command.comId, command.aggId, command.definition.storedName)
    }
    if (this.#waiters.count === 0) this.#drained?.()
  }

  async #confirmed (): Promise<void> {
    try {
      const head = await this.#commandStream.head()
      if (head !== undefined) this.#queue.reached(head)
    } catch (err) {
      // Then a command that the store knows is not told at once from a new one, and its outcome is found a second later.
      this.#log.warn({ err, aggregate: this.#name }, 'The head of the command stream could not be read')
    }
    this.#gate.open()
    for (const lookUp of this.#openLookUps.values()) lookUp.now()
  }

  /**
   * Where other senders write too, an append's answer does not tell a command that was written now from one that the store
   * knew, and the store knows an id whichever aggregate it was for: then nothing was written, and no outcome would ever come.
   */
  async #ascertain (command: CommandUnderWay): Promise<void> {
    const { revision, comId, aggId } = command
    command.certain = true
    try {
      const record = revision === undefined ? undefined : await this.#commandStream.at(revision, comId)
      if (!this.#waiters.has(command)) return
      if (record === undefined) {
        this.#sendAlone(command)
      } else if (this.#commandStream.aggIdOf(record) !== aggId) {
        // Nothing of this command is in the store, nor is to be remembered.
        command.standing = 'refused'
        this.#rejected(command, new CommandIdReusedError())
      }
    } catch (err) {
      command.certain = false
      this.#log.warn({ err, comId }, 'The stored command could not be read')
    }
  }

  /** It was one of several that the store knew. Sent alone, the answer tells where it stands. */
  #sendAlone (command: CommandUnderWay): void {
    command.triedBefore = true
    command.certain = false
    this.#queue.add(command)
  }

  async #close (): Promise<void> {
    this.#gate.close()
    this.#statusQuery.close()
    if (this.#waiters.count > 0) {
      await new Promise<void>(resolve => {
        this.#drained = resolve
        this.#schedule.after((this.#settings.drain ?? DRAIN_SECONDS) * 1000, resolve)
      })
    }
    this.#queue.close()
    this.#lookUps.close()
    this.#waiters.close()
    this.#schedule.clear()
    await this.#feed.close()
  }
}
