import { parseUuid } from '../definition/uuid.js'
import type { Aggregator, Settlement } from '../aggregator/index.js'
import { OutcomeCode, readMetadata } from '../outcome/index.js'
import type { RecordedEvent } from '../store/index.js'

const OUTCOME: Settlement = { kind: 'outcome' }

/** Hands commands to their aggregates; what is in hand already is joined, from wherever it comes. */
export class Intake {
  readonly #aggregator: Aggregator
  readonly #inHand = new Map<string, Promise<Settlement>>()
  readonly #emptied = new Set<() => void>()

  constructor (aggregator: Aggregator) {
    this.#aggregator = aggregator
  }

  /** Commands in hand. */
  get size (): number {
    return this.#inHand.size
  }

  /**
   * Brings the command to its outcome. Rejects when the worker closes before; it must then not be acknowledged.
   *
   * @param deliveries how often the store has delivered it, this time included
   */
  take (command: RecordedEvent, deliveries: number): Promise<Settlement> {
    const aggId = readMetadata(command.metadata).aggId
    const key = `${aggId ?? ''}/${command.id}`
    const held = this.#inHand.get(key)
    if (held !== undefined) return held
    const settlement = this.#handle(command, aggId, deliveries).finally(() => {
      this.#inHand.delete(key)
      if (this.#inHand.size === 0) for (const resolve of this.#emptied) resolve()
    })
    this.#inHand.set(key, settlement)
    return settlement
  }

  /** Those of the commands that have no outcome, in their order. Rejects when the store is away. */
  async unsettled (commands: readonly RecordedEvent[]): Promise<RecordedEvent[]> {
    const byAggregate = new Map<string, string[]>()
    const keyOf = ({ id, metadata }: RecordedEvent): [aggId: string | undefined, comId: string] => [readMetadata(metadata).aggId, parseUuid(id) ?? id]
    for (const [aggId, comId] of commands.map(keyOf)) {
      if (aggId !== undefined) byAggregate.set(aggId, [...byAggregate.get(aggId) ?? [], comId])
    }
    const open = new Map(await Promise.all([...byAggregate].map(async ([aggId, comIds]) =>
      [aggId, await this.#aggregator.unsettled(aggId, comIds)] as const)))
    return commands.filter(command => {
      const [aggId, comId] = keyOf(command)
      return aggId === undefined || open.get(aggId)!.has(comId)
    })
  }

  /** Resolves when nothing is in hand. */
  async emptied (): Promise<void> {
    if (this.#inHand.size === 0) return
    await new Promise<void>(resolve => { this.#emptied.add(resolve) })
  }

  async #handle (command: RecordedEvent, aggId: string | undefined, deliveries: number): Promise<Settlement> {
    const comId = parseUuid(command.id) ?? command.id
    if (aggId === undefined) {
      await this.#aggregator.fail({ comId, command: command.type }, {
        status: 'failed', code: OutcomeCode.unaddressed, message: 'The metadata of the command name no aggregate.'
      })
      return OUTCOME
    }
    const { type, data, created } = command
    return await this.#aggregator.handle({ aggId, comId, type, data, created, deliveries })
  }
}
