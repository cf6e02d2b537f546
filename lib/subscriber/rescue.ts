import { parseUuid } from '../definition/uuid.js'
import type { Aggregator, OutcomeSearch } from '../aggregator/index.js'
import { readMetadata } from '../outcome/index.js'
import type { RecordedEvent } from '../store/index.js'
import type { Attempts } from './attempts.js'
import type { Intake } from './intake.js'

/** Takes in hand those of the commands that have no outcome; tells those that this worker cannot decide. */
export type Settle = (commands: readonly RecordedEvent[]) => Promise<ReadonlySet<RecordedEvent>>

/** Brings commands to their outcomes that the store does not deliver. */
export class Rescue {
  readonly #intake: Intake
  readonly #aggregator: Aggregator
  readonly #attempts: Attempts

  constructor (intake: Intake, aggregator: Aggregator, attempts: Attempts) {
    this.#intake = intake
    this.#aggregator = aggregator
    this.#attempts = attempts
  }

  /** A round over many commands, page by page; what it reads of aggregates serves all of it. */
  round (): Settle {
    const search = this.#aggregator.search()
    return async commands => await this.#settle(await unsettled(commands, search))
  }

  async #settle (open: readonly RecordedEvent[]): Promise<ReadonlySet<RecordedEvent>> {
    const parked = new Set<RecordedEvent>()
    if (open.length === 0) return parked
    const begun = await this.#attempts.begun()
    await this.#attempts.begin(open.map(({ revision }) => revision))
    await Promise.all(open.map(async command => {
      const { kind } = await this.#intake.take(command, (begun.get(command.revision) ?? 0) + 1)
      if (kind === 'parked') parked.add(command)
    }))
    await this.#attempts.park([...parked].map(({ revision }) => revision))
    return parked
  }
}

/** In their order. Rejects when the store is away. */
async function unsettled (commands: readonly RecordedEvent[], search: OutcomeSearch): Promise<RecordedEvent[]> {
  const addressed = commands.map(command => ({
    command, aggId: readMetadata(command.metadata).aggId, comId: parseUuid(command.id) ?? command.id
  }))
  const byAggregate = new Map<string, string[]>()
  for (const { aggId, comId } of addressed) {
    if (aggId === undefined) continue
    const comIds = byAggregate.get(aggId)
    if (comIds === undefined) byAggregate.set(aggId, [comId])
    else comIds.push(comId)
  }
  const open = new Map(await Promise.all([...byAggregate].map(async ([aggId, comIds]) =>
    [aggId, await search.unsettled(aggId, comIds)] as const)))
  return addressed.flatMap(({ command, aggId, comId }) => aggId === undefined || open.get(aggId)!.has(comId) ? [command] : [])
}
