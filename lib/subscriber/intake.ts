import { parseUuid } from '../definition/uuid.js'
import { AbandonedError, Patience } from '../aggregator/index.js'
import type { Aggregator, Settlement } from '../aggregator/index.js'
import { SUSPECT_DELIVERIES } from '../decision/index.js'
import type { TakenCommand } from '../decision/index.js'
import { OutcomeCode, readMetadata } from '../outcome/index.js'
import type { RecordedEvent } from '../store/index.js'
import type { Attempts } from './attempts.js'
import type { Solitude } from './solitude.js'
import type { UndecidedCommands } from './undecided-commands.js'

const OUTCOME: Settlement = { kind: 'outcome' }

interface Held {
  readonly revision: bigint
  readonly settlement: Promise<Settlement>
}

export interface IntakeOptions {
  readonly aggregator: Aggregator
  readonly attempts: Attempts
  /** Of the whole worker. */
  readonly solitude: Solitude
  readonly undecided: UndecidedCommands
  /** Ends all waiting for the store. */
  readonly signal: AbortSignal
}

/** Hands commands to their aggregates; what is in hand already is joined, from wherever it comes. */
export class Intake {
  readonly #aggregator: Aggregator
  readonly #attempts: Attempts
  readonly #solitude: Solitude
  readonly #undecided: UndecidedCommands
  readonly #signal: AbortSignal
  readonly #inHand = new Map<string, Held>()
  readonly #emptied = new Set<() => void>()

  constructor ({ aggregator, attempts, solitude, undecided, signal }: IntakeOptions) {
    this.#aggregator = aggregator
    this.#attempts = attempts
    this.#solitude = solitude
    this.#undecided = undecided
    this.#signal = signal
  }

  /** Commands in hand. */
  get size (): number {
    return this.#inHand.size
  }

  /**
   * Brings the command to its outcome. Rejects when the worker closes before; it must then not be acknowledged.
   *
   * @param deliveries how often it was taken in hand, this time included
   */
  async take (command: RecordedEvent, deliveries: number): Promise<Settlement> {
    const aggId = readMetadata(command.metadata).aggId
    const key = `${aggId ?? ''}/${command.id}`
    for (;;) {
      const held = this.#inHand.get(key)
      if (held === undefined) break
      const settlement = await held.settlement
      // Where a command id stands twice, the one body may be beyond this version and the other one not.
      if (settlement.kind === 'outcome' || held.revision === command.revision) return settlement
    }
    const settlement = this.#settle(command, aggId, deliveries).finally(() => {
      this.#inHand.delete(key)
      if (this.#inHand.size === 0) for (const resolve of this.#emptied) resolve()
    })
    this.#inHand.set(key, { revision: command.revision, settlement })
    return await settlement
  }

  /** Resolves when nothing is in hand. */
  async emptied (): Promise<void> {
    if (this.#inHand.size === 0) return
    await new Promise<void>(resolve => { this.#emptied.add(resolve) })
  }

  async #settle (recorded: RecordedEvent, aggId: string | undefined, deliveries: number): Promise<Settlement> {
    const comId = parseUuid(recorded.id) ?? recorded.id
    if (aggId === undefined) {
      await this.#aggregator.fail({ comId, command: recorded.type }, {
        status: 'failed', code: OutcomeCode.unaddressed, message: 'The metadata of the command name no aggregate.'
      })
      return OUTCOME
    }
    const { type, data, created, revision } = recorded
    const command = { aggId, comId, type, data, created }
    const settlement = deliveries < SUSPECT_DELIVERIES
      ? await this.#solitude.beside(() => this.#aggregator.handle({ ...command, deliveries }))
      : await this.#solitude.alone(() => this.#handleAlone(command, revision))
    if (settlement.kind === 'outcome' || await this.#isSettled(command)) {
      this.#undecided.delete(command)
      return OUTCOME
    }
    this.#undecided.add(command, type, settlement.parking)
    return settlement
  }

  /**
   * A command that has come so often may be what takes its workers down. Those beside it have come as often, so none of them is
   * judged by that: only by what became of it when it was alone.
   */
  async #handleAlone (command: Omit<TakenCommand, 'deliveries'>, revision: bigint): Promise<Settlement> {
    const before = await this.#answered(() => this.#attempts.solitary(revision))
    await this.#answered(() => this.#attempts.beginAlone(revision))
    const unharmed = (): Promise<void> => this.#attempts.park([revision])
    try {
      const settlement = await this.#aggregator.handle({ ...command, deliveries: SUSPECT_DELIVERIES + before })
      if (settlement.kind === 'parked') await this.#answered(unharmed)
      return settlement
    } catch (error) {
      // An orderly close is not the command's doing. Where the store does not hear of it, one attempt too many counts.
      if (error instanceof AbandonedError) await unharmed().catch(() => {})
      throw error
    }
  }

  /** Whether another version has decided it: what is parked is not appended, so that no conflict tells. */
  async #isSettled ({ aggId, comId }: Pick<TakenCommand, 'aggId' | 'comId'>): Promise<boolean> {
    const open = await this.#answered(() => this.#aggregator.search().unsettled(aggId, [comId]))
    return !open.has(comId)
  }

  /** What the store answers, however long it is away. */
  async #answered<T> (ask: () => Promise<T>): Promise<T> {
    const patience = new Patience(this.#signal)
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (error instanceof AbandonedError) throw error
        await patience.wait()
      }
    }
  }
}
