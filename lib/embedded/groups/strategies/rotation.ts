import type { Consumer } from '../consumer.js'
import type { Choice, Strategy } from './strategy.js'

/** What the strategies that bind a message to no consumer have in common: consumers in a circle, the full ones passed over. */
abstract class Rotation implements Strategy {
  #circle: Consumer[] = []
  #at = 0

  join (consumer: Consumer): void {
    this.#circle.push(consumer)
  }

  leave (consumer: Consumer): void {
    const index = this.#circle.indexOf(consumer)
    if (index < 0) return
    this.#circle.splice(index, 1)
    if (index < this.#at) this.#at--
    if (this.#at >= this.#circle.length) this.#at = 0
  }

  choose (): Choice {
    for (let tried = 0; tried < this.#circle.length; tried++) {
      const consumer = this.#circle[this.#at]
      if (consumer !== undefined && consumer.free > 0) {
        if (!this.staysWithOne) this.#turn()
        return consumer
      }
      this.#turn()
    }
    return 'full'
  }

  boundTo (): undefined {}

  sent (): void {}

  released (): void {}

  /** Whether the same consumer is chosen again until it is full. */
  protected abstract readonly staysWithOne: boolean

  #turn (): void {
    this.#at = (this.#at + 1) % this.#circle.length
  }
}

/** Each message to the next consumer that has room. */
export class RoundRobin extends Rotation {
  protected override readonly staysWithOne = false
}

/** All messages to one consumer, and to the next one once it is full. */
export class DispatchToSingle extends Rotation {
  protected override readonly staysWithOne = true
}
