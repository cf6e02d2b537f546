import { commandOf } from '../outcome/index.js'
import type { OutcomeReader, StoredOutcome } from '../outcome/index.js'
import type { RecordedEvent, StoreLog } from '../store/index.js'
import type { CommandStream } from './command-stream.js'
import type { LateLinks } from './late-links.js'
import type { OutcomeCache } from './outcome-cache.js'
import type { Sightings } from './sightings.js'
import type { UnusableOutcomes } from './unusable-outcomes.js'
import type { CommandUnderWay, Waiters } from './waiters.js'

export interface ArrivalsOptions {
  readonly waiters: Waiters
  readonly cache: OutcomeCache
  readonly sightings: Sightings
  readonly reader: OutcomeReader
  readonly unusable: UnusableOutcomes
  readonly commandStream: CommandStream
  readonly lateLinks: LateLinks
  /** The outcome of this command stands somewhere. */
  readonly onHint: (command: CommandUnderWay) => void
  /** Where this command stands must be learned, by an append of it alone. */
  readonly onUnplaced: (command: CommandUnderWay) => void
  /** Whether live outcomes are being delivered. */
  readonly isLive: () => boolean
  readonly log: StoreLog
}

interface Identified {
  readonly stored: StoredOutcome
  /** When the store took the command. */
  readonly createdAt?: number
  /** It is not where it was looked for. */
  readonly unplaced?: boolean
}

/** Takes outcomes as they arrive, by the feed or by a look-up, and has those who wait for them answered. */
export class Arrivals {
  readonly #options: ArrivalsOptions
  /** Outcomes that came before it is known where the command stands, which must tell whose they are. */
  readonly #early = new WeakMap<CommandUnderWay, () => void>()

  constructor (options: ArrivalsOptions) {
    this.#options = options
  }

  /** An event of the category stream, of whatever kind. Never throws. */
  deliver (event: RecordedEvent): void {
    try {
      this.#take(event)
    } catch (err) {
      this.#options.log.error({ err, stream: event.stream, revision: String(event.revision) }, 'An outcome event could not be used')
    }
  }

  /**
   * An outcome that was found where it stands.
   * @param last the event by which it was complete
   */
  found (command: CommandUnderWay, stored: StoredOutcome, last: RecordedEvent): void {
    const { waiters, lateLinks, isLive } = this.#options
    this.#whenPlaced(command, stored, () => this.found(command, stored, last), ({ stored, createdAt }) => {
      const replayed = command.known || (createdAt !== undefined && last.created < createdAt)
      if (!replayed && createdAt !== undefined && isLive() && waiters.has(command)) lateLinks.missing(command.comId)
      this.#settle(command, stored, replayed)
    })
  }

  /** It is known where the command stands. */
  appended (command: CommandUnderWay): void {
    const arrive = this.#early.get(command)
    this.#early.delete(command)
    arrive?.()
  }

  #take (event: RecordedEvent): void {
    const { waiters, cache, sightings, reader, lateLinks, unusable, onHint } = this.#options
    const comId = commandOf(event)
    lateLinks.came(comId)
    const command = waiters.get(comId)
    const remembered = command === undefined ? cache.get(comId) : undefined
    if (remembered?.stored !== undefined) return
    const known = command ?? remembered
    if (known === undefined) {
      sightings.add(comId, event.stream)
      // Whose sender has ended or forgotten it, nobody else would tell of.
      if (!reader.isVerdict(event)) return
    }
    const sighting = reader.take(event)
    if (sighting.kind === 'unusable') unusable.report(sighting, event)
    if (known === undefined) return
    if (sighting.kind === 'hint' && command !== undefined) onHint(command)
    if (sighting.kind !== 'outcome') return
    const { stored } = sighting
    if (stored.aggId !== undefined && stored.aggId !== known.aggId) return
    if (command === undefined) cache.settled(comId, known.aggId, stored)
    else this.#arrived(command, stored)
  }

  /** The outcome came as it was written. */
  #arrived (command: CommandUnderWay, stored: StoredOutcome): void {
    if (stored.fingerprint !== undefined) {
      this.#settle(command, stored, command.known)
    } else {
      this.#whenPlaced(command, stored, () => this.#arrived(command, stored), ({ stored }) => this.#settle(command, stored, command.known))
    }
  }

  /** An original's outcome does not tell whose it is: then where the command stands must be known first, by the append's answer. */
  #whenPlaced (command: CommandUnderWay, stored: StoredOutcome, again: () => void, then: (identified: Identified) => void): void {
    const { onUnplaced } = this.#options
    if (stored.fingerprint === undefined && command.standing !== 'appended') {
      this.#early.set(command, again)
      return
    }
    this.#afterwards(this.#identify(command, stored), identified => {
      if (!identified.unplaced || command.triedBefore) {
        then(identified)
        return
      }
      this.#early.set(command, again)
      onUnplaced(command)
    })
  }

  /**
   * The command as the command stream holds it tells when the store took it, and, of the original's outcomes, whose they are.
   * Where it cannot be read, the outcome is as it is.
   */
  async #identify (command: CommandUnderWay, stored: StoredOutcome): Promise<Identified> {
    const { commandStream, log } = this.#options
    const { revision, comId, known } = command
    const anonymous = stored.fingerprint === undefined
    if (!anonymous && (known || revision === undefined)) return { stored }
    try {
      const record = revision === undefined ? undefined : await commandStream.at(revision, comId)
      if (record === undefined) return { stored, unplaced: anonymous }
      return { stored: anonymous ? { ...stored, ...commandStream.identify(record) } : stored, createdAt: record.created }
    } catch (err) {
      log.warn({ err, comId }, 'The stored command could not be read')
      return { stored }
    }
  }

  #settle (command: CommandUnderWay, stored: StoredOutcome, replayed: boolean): void {
    const { waiters, cache } = this.#options
    if (!waiters.has(command)) return
    cache.settled(command.comId, command.aggId, stored)
    waiters.settle(command, stored, replayed)
  }

  #afterwards<T> (work: Promise<T>, then: (result: T) => void): void {
    work.then(then).catch((err: Error) => this.#options.log.error({ err }, 'An outcome could not be told'))
  }
}
