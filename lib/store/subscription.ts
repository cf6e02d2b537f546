import { ServerFeaturesClient } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js'
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js'
import { Backoff } from './backoff.js'
import type { Connection } from './connection.js'
import type { Delivery, NackAction, StoreLog, SubscribeOptions, Subscription, SubscriptionError } from './contract.js'
import { faultOf, StoreFault } from './faults.js'
import type { Groups } from './groups.js'
import { PersistentCall } from './persistent-call.js'
import { settledWithin } from './time-limit.js'

/** Milliseconds between attempts, growing from the least to the most. */
const leastWait = 100
const mostWait = 10_000
/** Milliseconds that stopping waits for the server at most, once for the acks and once for the end of the call. */
const stopLimit = 1000
const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

interface WaitingNack {
  action: NackAction
  reason: string
  ids: string[]
}

/** A persistent subscription that is taken up again, for ever, whatever ends it. */
export class SupervisedSubscription implements Subscription {
  readonly #connection: Connection
  readonly #groups: Groups
  readonly #options: SubscribeOptions
  readonly #log: StoreLog
  readonly #backoff = new Backoff(leastWait, mostWait)
  readonly #loop: Promise<void>
  #call: PersistentCall | undefined
  #standing = false
  #lastError: StoreFault | undefined
  #stopped = false
  #stopping: Promise<void> | undefined
  #wake: (() => void) | undefined
  #ensured = false
  #acks: string[] = []
  #nacks = new Map<string, WaitingNack>()
  #flushing: NodeJS.Immediate | undefined
  #unproven = false

  constructor (connection: Connection, groups: Groups, options: SubscribeOptions, log: StoreLog) {
    this.#connection = connection
    this.#groups = groups
    this.#options = options
    this.#log = log
    this.#loop = this.#run()
  }

  get standing (): boolean {
    return this.#standing
  }

  get lastError (): SubscriptionError | undefined {
    return this.#lastError
  }

  ack (ids: string | readonly string[]): void {
    if (this.#stopped) return
    for (const id of this.#wellFormed(ids)) this.#acks.push(id)
    this.#flushSoon()
  }

  nack (action: NackAction, reason: string, ids: string | readonly string[]): void {
    if (this.#stopped) return
    const key = `${action} ${reason}`
    const waiting = this.#nacks.get(key) ?? { action, reason, ids: [] }
    waiting.ids.push(...this.#wellFormed(ids))
    this.#nacks.set(key, waiting)
    this.#flushSoon()
  }

  renew (): void {
    this.#flush()
    this.#call?.cancel()
  }

  stop (): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop (): Promise<void> {
    this.#stopped = true
    this.#flush()
    if (this.#unproven && this.#standing) await settledWithin(this.#acksRead(), stopLimit)
    this.#standing = false
    this.#call?.cancel()
    this.#wake?.()
    await settledWithin(this.#loop, stopLimit)
  }

  async #run (): Promise<void> {
    while (!this.#stopped) {
      const fault = await this.#stand().catch(error => faultOf(error, 'Subscribing'))
      if (this.#stopped) return
      this.#lost(fault)
      await this.#wait(this.#backoff.next())
    }
  }

  /** Subscribes, and returns with the reason when the subscription is over. */
  async #stand (): Promise<StoreFault> {
    const { stream, group, settings, bufferSize } = this.#options
    if (!this.#ensured) {
      await this.#groups.ensure(stream, group, settings)
      this.#ensured = true
    }
    if (this.#stopped) return new StoreFault('ended', 'stopped')
    let since = Infinity
    const call = await PersistentCall.open(this.#connection, {
      stream,
      group,
      bufferSize,
      onConfirmed: () => {
        since = performance.now()
        this.#confirmed()
      },
      onDelivery: delivery => this.#deliver(delivery)
    })
    this.#call = call
    if (this.#stopped) call.cancel()
    const fault = await call.ended
    this.#call = undefined
    this.#standing = false
    // One that is confirmed and dropped at once, over and over, must not be taken up faster and faster.
    if (performance.now() - since > mostWait) this.#backoff.reset()
    return fault
  }

  #confirmed (): void {
    if (this.#stopped) return
    const { stream, group } = this.#options
    this.#standing = true
    this.#lastError = undefined
    this.#log.info({ stream, group }, 'The subscription stands')
    this.#guard('onConfirmed', () => this.#options.onConfirmed?.())
  }

  #lost (fault: StoreFault): void {
    const { stream, group } = this.#options
    this.#lastError = fault
    if (fault.trouble === 'no_group' || fault.trouble === 'dropped') this.#ensured = false
    this.#log.warn({ stream, group, trouble: fault.trouble, err: fault }, 'The subscription does not stand; it is tried again')
    this.#guard('onLost', () => this.#options.onLost?.(fault))
  }

  #deliver (delivery: Delivery): void {
    if (this.#stopped) return
    this.#guard('onDelivery', () => this.#options.onDelivery(delivery))
  }

  // What a handler throws must end neither the loop nor the process.
  #guard (handler: string, call: () => void): void {
    try {
      call()
    } catch (err) {
      const { stream, group } = this.#options
      this.#log.error({ stream, group, handler, err }, 'A handler of the subscription threw; the subscription goes on')
    }
  }

  // A malformed id makes the server ignore every further ack of the call, without a word.
  #wellFormed (ids: string | readonly string[]): string[] {
    const given = typeof ids === 'string' ? [ids] : ids
    const good = given.filter(id => uuidShape.test(id))
    if (good.length < given.length) {
      const { stream, group } = this.#options
      this.#log.error({ stream, group, ids: given.filter(id => !uuidShape.test(id)) }, 'Not acknowledged: these are no ids of messages')
    }
    return good
  }

  #flushSoon (): void {
    this.#flushing ??= setImmediate(() => this.#flush())
  }

  // The server matches by id, whichever call delivered the message; while there is no call, it delivers again anyway.
  #flush (): void {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    const acks = this.#acks
    const nacks = this.#nacks
    if (acks.length > 0) this.#acks = []
    if (nacks.size > 0) this.#nacks = new Map()
    if (this.#call === undefined || !this.#standing) return
    this.#unproven ||= acks.length > 0 || nacks.size > 0
    this.#call.ack(acks)
    for (const { action, reason, ids } of nacks.values()) this.#call.nack(action, reason, ids)
  }

  // A cancelled call takes with it what the server has not read yet. The server reads a connection in order, so that
  // any call answered on it afterwards shows that the acks before it have arrived.
  async #acksRead (): Promise<void> {
    const doing = 'Acknowledging'
    const client = await this.#connection.service(ServerFeaturesClient, doing)
    await new Promise<void>(resolve => {
      client.getSupportedMethods(new shared.Empty(), ...this.#connection.callArguments(stopLimit), () => resolve())
    })
  }

  async #wait (milliseconds: number): Promise<void> {
    if (this.#stopped) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
