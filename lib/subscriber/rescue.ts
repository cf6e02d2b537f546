import type { RecordedEvent } from '../store/index.js'
import type { Attempts } from './attempts.js'
import type { Intake } from './intake.js'

/** Brings commands to their outcomes that the store does not deliver. */
export class Rescue {
  readonly #intake: Intake
  readonly #attempts: Attempts

  constructor (intake: Intake, attempts: Attempts) {
    this.#intake = intake
    this.#attempts = attempts
  }

  /**
   * Takes in hand what has no outcome. What was begun before, and did not come to an end, is begun one after the other: one of them may
   * take its worker down, and the count of the others must not grow by it.
   *
   * @returns those that this worker cannot decide
   */
  async settle (commands: readonly RecordedEvent[]): Promise<ReadonlySet<RecordedEvent>> {
    const parked = new Set<RecordedEvent>()
    const open = await this.#intake.unsettled(commands)
    if (open.length === 0) return parked
    const begun = await this.#attempts.begun()
    const times = ({ revision }: RecordedEvent): number => begun.get(revision) ?? 0
    const take = async (together: readonly RecordedEvent[]): Promise<void> => {
      await this.#attempts.begin(together.map(({ revision }) => revision))
      const settlements = await Promise.all(together.map(command => this.#intake.take(command, times(command) + 1)))
      for (const [index, command] of together.entries()) if (settlements[index]!.kind === 'parked') parked.add(command)
    }
    await take(open.filter(command => times(command) === 0))
    for (const command of open.filter(command => times(command) > 0)) {
      // Another worker that looks at the same ones may have decided it meanwhile.
      if ((await this.#intake.unsettled([command])).length > 0) await take([command])
    }
    await this.#attempts.park([...parked].map(({ revision }) => revision))
    return parked
  }
}
