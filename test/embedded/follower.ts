import type { AllStreamResolvedEvent, AllStreamSubscription, CaughtUp, ResolvedEvent, StreamSubscription } from '@kurrent/kurrentdb-client'
import type { Test } from 'tap'
import { until } from '../harness/until.js'

type Seen = ResolvedEvent | AllStreamResolvedEvent

/** What a catch-up subscription of the official client tells, in its order. */
export class Follower {
  readonly seen: Seen[] = []
  readonly caughtUp: CaughtUp[] = []
  /** `confirmed`, the revision of an event, `caught up`. */
  readonly order: Array<string | number> = []
  error: (Error & { type?: string }) | undefined
  readonly #subscription: StreamSubscription | AllStreamSubscription

  constructor (t: Test, subscription: StreamSubscription | AllStreamSubscription) {
    this.#subscription = subscription
    const events: NodeJS.EventEmitter = subscription
    events.on('confirmation', () => { this.order.push('confirmed') })
    events.on('data', (resolved: Seen) => {
      this.seen.push(resolved)
      this.order.push(Number((resolved.link ?? resolved.event)?.revision))
    })
    events.on('caughtUp', (told: CaughtUp) => {
      this.caughtUp.push(told)
      this.order.push('caught up')
    })
    events.on('error', (error: Error) => { this.error ??= error })
    t.teardown(() => subscription.unsubscribe())
  }

  /** @throws what has ended the subscription before */
  async saw (count: number): Promise<Seen[]> {
    return await this.#until(() => this.seen.length >= count && this.seen)
  }

  /** @throws what has ended the subscription before */
  async live (times = 1): Promise<CaughtUp> {
    return await this.#until(() => this.caughtUp[times - 1])
  }

  async failed (): Promise<Error & { type?: string }> {
    return await until(() => this.error)
  }

  async #until<T> (ask: () => T | undefined | false): Promise<T> {
    return await until(() => {
      const answer = ask()
      if (!answer && this.error !== undefined) throw this.error
      return answer
    })
  }

  async leave (): Promise<void> {
    await this.#subscription.unsubscribe()
  }
}
