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

  async saw (count: number): Promise<Seen[]> {
    return await until(() => this.seen.length >= count && this.seen)
  }

  async live (times = 1): Promise<CaughtUp> {
    await until(() => this.caughtUp.length >= times)
    return this.caughtUp[times - 1]!
  }

  async failed (): Promise<Error & { type?: string }> {
    return await until(() => this.error)
  }

  async leave (): Promise<void> {
    await this.#subscription.unsubscribe()
  }
}
