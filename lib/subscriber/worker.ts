import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { AnyAggregate } from '../definition/index.js'
import { AbandonedError, Aggregator, Patience } from '../aggregator/index.js'
import { streamNames } from '../outcome/index.js'
import type { AggregateSettings } from '../settings/index.js'
import { losesCommands } from '../store/index.js'
import type { Store, StoreLog } from '../store/index.js'
import { Attempts } from './attempts.js'
import { CommandLoop } from './command-loop.js'
import { Intake } from './intake.js'
import { ParkedCommands } from './parked-commands.js'
import { Rescue } from './rescue.js'
import { Solitude } from './solitude.js'
import { Sweep } from './sweep.js'
import { UndecidedCommands } from './undecided-commands.js'
import { warmUp } from './warm-up.js'

/** Workers that start together sweep one after the other rather than at once. */
const SWEEP_JITTER = 3_000

/** Part of the drain time that is left for the acks and the end of the subscriptions. */
const FAREWELL = 0.2

export interface WorkerSettings {
  /** Seconds. */
  readonly messageTimeout: number
  /** Commands held at once, for each type. */
  readonly buffer: number
  /** Seconds for an orderly close. */
  readonly drainTime: number
  /** `auto`: only on servers that are known to lose commands of a group. */
  readonly sweep: 'auto' | 'always'
  readonly announce: boolean
  readonly aggregate: (name: string) => AggregateSettings
}

export interface WorkerOptions {
  readonly aggregates: readonly AnyAggregate[]
  readonly store: Store
  readonly settings: WorkerSettings
  readonly log: StoreLog
}

/** Whether everything stands, and if not, what does not. */
export interface Readiness {
  readonly ready: boolean
  readonly reasons: readonly string[]
  /** What needs somebody's eye, though everything stands. */
  readonly warnings: readonly string[]
}

interface Line {
  readonly aggregate: AnyAggregate
  readonly aggregator: Aggregator
  readonly intake: Intake
  readonly loop: CommandLoop
  readonly sweep: Sweep
  readonly parked: ParkedCommands
  readonly undecided: UndecidedCommands
  parkedReviewed: boolean
  /** Whether the youngest aggregates are in memory. */
  warm: 'not yet' | 'loading' | 'failing' | 'done'
}

/** Takes commands of its aggregate types from the store and brings each to its one outcome. */
export class Worker {
  readonly #store: Store
  readonly #settings: WorkerSettings
  readonly #log: StoreLog
  readonly #lines: readonly Line[]
  /** Ends what looks for commands that the store does not deliver. */
  readonly #intakeEnds = new AbortController()
  readonly #closing = new AbortController()
  readonly #solitude = new Solitude(this.#closing.signal)
  #closed: Promise<void> | undefined
  #lossTold = false

  constructor ({ aggregates, store, settings, log }: WorkerOptions) {
    // While the store is in trouble everything that waits for it listens to these.
    setMaxListeners(0, this.#closing.signal, this.#intakeEnds.signal)
    this.#store = store
    this.#settings = settings
    this.#log = log
    this.#lines = aggregates.map(aggregate => this.#line(aggregate))
  }

  start (): void {
    for (const { loop } of this.#lines) loop.start()
  }

  readiness (): Readiness {
    const reasons = this.#lines.filter(({ loop }) => !loop.standing)
      .map(({ aggregate, loop }) => `commands of ${aggregate.commands.name} are not taken: ${loop.trouble}`)
    return { ready: reasons.length === 0, reasons, warnings: this.#lines.flatMap(line => this.#warnings(line)) }
  }

  /** Takes no more commands. */
  stopIntake (): void {
    this.#intakeEnds.abort()
    for (const { loop } of this.#lines) loop.stopIntake()
  }

  /** Finishes what is held, as far as the drain time allows, acknowledges it, and leaves the rest to other workers. */
  close (): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close (): Promise<void> {
    this.stopIntake()
    const patience = new AbortController()
    const drained = Promise.all(this.#lines.map(({ intake }) => intake.emptied()))
    const late = wait(this.#settings.drainTime * 1000 * (1 - FAREWELL), undefined, { signal: patience.signal }).catch(() => {})
    await Promise.race([drained, late])
    patience.abort()
    this.#closing.abort()
    const left = this.#lines.reduce((sum, { intake }) => sum + intake.size, 0)
    if (left > 0) this.#log.warn({ commands: left }, 'closing with commands in hand; other workers will take them')
    // Acks leave with the loops, so these stop before the lanes are told to give up.
    await Promise.all(this.#lines.map(({ loop }) => loop.stop()))
    await Promise.all(this.#lines.map(({ aggregator }) => aggregator.close()))
  }

  #warnings ({ aggregate, undecided, warm }: Line): string[] {
    const { name } = aggregate.commands
    const warnings: string[] = []
    undecided.refresh()
    const { count } = undecided
    if (count > 0) warnings.push(`${count === 1 ? 'a command' : `${count} commands`} of ${name} cannot be decided by this version, and stay parked`)
    if (warm === 'failing') warnings.push(`the youngest aggregates of ${name} could not be loaded yet; it is tried again`)
    return warnings
  }

  #line (aggregate: AnyAggregate): Line {
    const store = this.#store
    const log = this.#log
    const { capacity, multiple } = this.#settings.aggregate(aggregate.commands.name)
    const aggregator = new Aggregator({ aggregate, store, log, capacity, multiple, announce: this.#settings.announce })
    const { messageTimeout, buffer } = this.#settings
    const streams = streamNames(aggregate.commands.storedName)
    const attempts = new Attempts(streams.attempts, store)
    const undecided = new UndecidedCommands((aggId, comIds) => aggregator.search().unsettled(aggId, comIds), log)
    const intake = new Intake({ aggregator, attempts, undecided, solitude: this.#solitude, signal: this.#closing.signal })
    const rescue = new Rescue(intake, aggregator, attempts)
    const parked = new ParkedCommands(streams, rescue, store, log, this.#intakeEnds.signal)
    const line: Line = {
      aggregate,
      aggregator,
      intake,
      loop: new CommandLoop({
        aggregate, intake, store, log, messageTimeout, buffer, onConfirmed: () => { this.#confirmed(line) }
      }),
      sweep: new Sweep(streams, rescue, parked, store, log, this.#intakeEnds.signal),
      parked,
      undecided,
      parkedReviewed: false,
      warm: 'not yet'
    }
    return line
  }

  #confirmed (line: Line): void {
    const name = line.aggregate.commands.name
    if (!line.parkedReviewed) {
      // What another version has parked may be decidable by this one.
      line.parkedReviewed = true
      line.parked.review()
    }
    this.#warmUp(line)
    this.#sweep(line)
      .catch(error => { this.#log.warn({ err: error, aggregate: name }, 'could not sweep for lost commands; tried again at the next confirmation') })
  }

  /** Loads the youngest aggregates once, however long the store is away. Never rejects. */
  async #warmUp (line: Line): Promise<void> {
    const { name, storedName } = line.aggregate.commands
    const { latest, capacity } = this.#settings.aggregate(name)
    if (line.warm !== 'not yet' || latest === 0) return
    line.warm = 'loading'
    const since = Date.now() - latest * 60_000
    const { signal } = this.#intakeEnds
    const patience = new Patience(signal)
    while (!signal.aborted) {
      try {
        const loaded = await warmUp(this.#store, storedName, line.aggregator, since, capacity, signal)
        line.warm = 'done'
        this.#log.info({ aggregate: name, loaded }, 'the youngest aggregates are in memory')
        return
      } catch (error) {
        if (error instanceof AbandonedError || signal.aborted) return
        if (patience.attempts === 0) {
          this.#log.warn({ err: error, aggregate: name }, 'could not load the youngest aggregates; it is tried again, and meanwhile they load when they are needed')
        }
        line.warm = 'failing'
        await patience.wait().catch(() => {})
      }
    }
  }

  async #sweep (line: Line): Promise<void> {
    if (!await this.#needsSweep()) return
    await wait(Math.random() * SWEEP_JITTER, undefined, { signal: this.#intakeEnds.signal }).catch(() => {})
    if (!this.#intakeEnds.signal.aborted) await line.sweep.run()
  }

  async #needsSweep (): Promise<boolean> {
    const version = await this.#store.serverVersion()
    if (!losesCommands(version)) return this.#settings.sweep === 'always'
    if (!this.#lossTold) {
      this.#lossTold = true
      this.#log.warn({ version }, 'this server can lose commands of a PinnedByCorrelation group; the worker looks for them at every ' +
        'confirmation. Mended in 24.10.14, 26.0.3 and 26.1')
    }
    return true
  }
}
