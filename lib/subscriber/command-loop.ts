import type { AnyAggregate } from '../definition/index.js'
import { AbandonedError } from '../aggregator/index.js'
import { streamNames, WORKERS_GROUP } from '../outcome/index.js'
import type { Delivery, Store, StoreLog, Subscription } from '../store/index.js'
import { workersGroup } from './group.js'
import type { Intake } from './intake.js'

export interface CommandLoopOptions {
  readonly aggregate: AnyAggregate
  readonly intake: Intake
  readonly store: Store
  readonly log: StoreLog
  /** Seconds. */
  readonly messageTimeout: number
  /** Commands held at once. */
  readonly buffer: number
  readonly onConfirmed: () => void
}

/** Takes the commands of one type, and acknowledges each after its outcome stands in the store. */
export class CommandLoop {
  readonly #options: CommandLoopOptions
  #subscription: Subscription | undefined
  /** Where what is in hand stands in the command stream, by what it is acknowledged by. */
  readonly #inHand = new Map<string, bigint>()
  #lostSlots = 0
  #stopped = false

  constructor (options: CommandLoopOptions) {
    this.#options = options
  }

  get standing (): boolean {
    return this.#subscription?.standing ?? false
  }

  /** Why it does not stand. */
  get trouble (): string {
    return this.#subscription?.lastError?.message ?? 'not confirmed yet'
  }

  start (): void {
    const { aggregate, store, messageTimeout, buffer, onConfirmed, log } = this.#options
    const stream = streamNames(aggregate.commands.storedName).commands
    this.#subscription = store.subscribe({
      stream,
      group: WORKERS_GROUP,
      settings: workersGroup(messageTimeout, buffer),
      bufferSize: buffer,
      onConfirmed: () => {
        this.#lostSlots = 0
        log.info({ stream, group: WORKERS_GROUP }, 'taking commands')
        onConfirmed()
      },
      onDelivery: delivery => { this.#take(delivery) }
    })
  }

  /** Takes no more commands; what is delivered from now on goes to other workers when the loop stops. */
  stopIntake (): void {
    this.#stopped = true
  }

  /** Sends the acks that wait and ends the subscription. */
  async stop (): Promise<void> {
    this.#stopped = true
    await this.#subscription?.stop()
  }

  #take (delivery: Delivery): void {
    if (this.#stopped) return
    const { event, ackId, retryCount } = delivery
    // A replayed message whose target is gone has nothing to decide.
    if (event === undefined) {
      this.#subscription!.ack(ackId)
      return
    }
    this.#count(ackId, event.revision)
    this.#options.intake.take(event, retryCount + 1).finally(() => { this.#inHand.delete(ackId) }).then(settlement => {
      if (settlement.kind === 'outcome') {
        this.#subscription!.ack(ackId)
        return
      }
      const { code, message } = settlement.parking
      this.#subscription!.nack('park', `${code}: ${message}`, ackId)
    }).catch(error => {
      // Not acknowledged: it is delivered again, here or elsewhere.
      if (!(error instanceof AbandonedError)) {
        this.#options.log.error({ err: error, comId: event.id, command: event.type }, 'a command could not be handled')
      }
    })
  }

  /**
   * Of two messages of one id the server knows one, and gives back the place of one when it is acknowledged: it then delivers fewer and
   * fewer at a time, and in the end none. A new call has all places again.
   */
  #count (ackId: string, revision: bigint): void {
    const before = this.#inHand.get(ackId)
    this.#inHand.set(ackId, revision)
    if (before === undefined || before === revision) return
    if (++this.#lostSlots < this.#options.buffer / 2) return
    const { log, aggregate } = this.#options
    log.info({ aggregate: aggregate.commands.name }, 'many command ids stood twice; the subscription is renewed')
    this.#lostSlots = 0
    this.#subscription!.renew()
  }
}
