import type { Message } from './message.js'
import { Queue } from './queue.js'

/**
 * What has left the buffer and is not finished: in flight, to be tried again, or being parked. The checkpoint stands
 * just before the first of it.
 */
export class Unfinished {
  #messages = new Queue<Message>()
  #lastLeft: bigint | undefined

  /** A message has left the buffer. */
  left (message: Message): void {
    const last = this.#messages.last()
    if (last !== undefined && last.position > message.position) {
      this.#messages.replace([...this.#messages.waiting(), message].sort((a, b) => (a.position < b.position ? -1 : 1)))
    } else {
      this.#messages.push(message)
    }
    if (this.#lastLeft === undefined || message.position > this.#lastLeft) this.#lastLeft = message.position
  }

  /** How far everything is finished: the last position of which that can be said. */
  get checkpoint (): bigint | undefined {
    let first = this.#messages.peek()
    while (first?.finished === true) {
      this.#messages.shift()
      first = this.#messages.peek()
    }
    return first === undefined ? this.#lastLeft : first.previous
  }

  /** Forgets everything from a position on, as if it had never left the buffer. */
  forgetFrom (position: bigint): void {
    this.#messages.replace(this.#messages.waiting().filter((message) => message.position < position))
    this.#lastLeft = this.#messages.last()?.position
  }
}
