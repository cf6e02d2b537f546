import type { AnyCommands } from '../definition/index.js'
import type { Found, RunRuling } from '../decision/index.js'
import { announcedRefusal, announcedSuccess, failEvent, parseJson, streamNames } from '../outcome/index.js'
import type { FailedVerdict, RecordedOutcome, StreamNames } from '../outcome/index.js'
import type { NewEvent, Store, StoreLog } from '../store/index.js'
import { Patience } from './patience.js'

interface Key {
  readonly aggId: string
  readonly comId: string
}

/** Writes what stands beside the aggregates' streams: verdicts that have no other place, and announcements. */
export class Announcer {
  readonly #store: Store
  readonly #streams: StreamNames
  readonly #refusedName: string
  readonly #announces: boolean
  readonly #signal: AbortSignal
  readonly #log: StoreLog

  constructor (commands: AnyCommands, store: Store, announces: boolean, signal: AbortSignal, log: StoreLog) {
    this.#store = store
    this.#streams = streamNames(commands.storedName)
    this.#refusedName = commands.refusedName
    this.#announces = announces
    this.#signal = signal
    this.#log = log
  }

  /** Fails commands that have no aggregate stream to stand in. Resolves when it stands in the store, or never can. */
  async fail (commands: readonly { aggId?: string, comId: string, command: string }[], verdict: FailedVerdict): Promise<void> {
    // One by one: an append of ids of which the store knows some and not others is a conflict.
    for (const command of commands) await this.#append(this.#streams.fail, [failEvent(command, verdict)])
  }

  /** Repeats what was decided for the original's senders, where the setting says so. */
  async announce (aggId: string, rulings: readonly RunRuling[], standing: Found): Promise<void> {
    if (!this.#announces) return
    for (const ruling of rulings) {
      const key = { aggId, comId: ruling.comId }
      if (ruling.kind === 'decided') {
        await this.#tell(key, ruling.verdict.status === 'succeeded' ? undefined : ruling.verdict.message)
      } else if (ruling.kind === 'stands') {
        await this.#tell(key, this.#refusalIn(standing.get(ruling.comId)))
      }
    }
  }

  #tell (key: Key, refusal: string | undefined): Promise<void> {
    return refusal === undefined
      ? this.#append(this.#streams.duplicate, [announcedSuccess(key)])
      : this.#append(this.#streams.fail, [announcedRefusal(key, refusal)])
  }

  #refusalIn (record: RecordedOutcome | undefined): string | undefined {
    if (record?.type !== this.#refusedName) return undefined
    const data = parseJson(record.data)?.value
    const message = data !== null && typeof data === 'object' && 'message' in data ? data.message : undefined
    return typeof message === 'string' ? message : 'The command was refused.'
  }

  async #append (stream: string, events: readonly NewEvent[]): Promise<void> {
    const patience = new Patience(this.#signal)
    for (;;) {
      const answer = await this.#store.append(stream, 'any', events)
      if (answer.kind === 'written') return
      const details = { stream, answer: answer.kind, comIds: events.map(({ id }) => id), ...('error' in answer && { err: answer.error }) }
      if (answer.kind === 'deleted') {
        this.#log.error(details, 'an operator has deleted this stream for ever; what was to stand in it is told to nobody')
        return
      }
      if (patience.attempts === 0) this.#log.warn(details, 'could not be written; it is tried again')
      await patience.wait()
    }
  }
}
