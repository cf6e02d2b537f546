import type { Message } from './message.js'
import { Queue } from './queue.js'

/** Below this length finished messages in the middle are not worth a search. */
const COMPACT_ABOVE = 1024

/**
 * What has left the buffer and is not finished: in flight, to be tried again, or being parked. The checkpoint stands
 * just before the first of it.
 */
export class Unfinished {
  #messages = new Queue<Message>()
  #open = 0
  #lastLeft: bigint | undefined
  readonly #order: 'source' | 'sending'

  /**
   * @param order in which messages count as first. Older servers went by the order of sending, and took for the one before a
   * message whatever had left last. So a message that stayed behind while later ones left is passed by a checkpoint that
   * stands just before it, and so is what still stays: nobody gets it after a restart.
   */
  constructor (order: 'source' | 'sending') {
    this.#order = order
  }

  /** A message has left the buffer. */
  left (message: Message): void {
    this.#open++
    const last = this.#messages.last()
    if (this.#order === 'sending') {
      message.previous = this.#lastLeft
      this.#messages.push(message)
    } else if (last !== undefined && last.position > message.position) {
      this.#messages.replace([...this.#messages.waiting(), message].sort((a, b) => (a.position < b.position ? -1 : 1)))
    } else {
      this.#messages.push(message)
    }
    if (this.#lastLeft === undefined || message.position > this.#lastLeft) this.#lastLeft = message.position
  }

  /** Nothing is left to be done with a message. One that never was here, as replayed ones, changes nothing. */
  finish (message: Message): void {
    if (message.finished) return
    message.finished = true
    if (message.replayed) return
    this.#open--
    // One that somebody holds on to must not keep all that was finished behind it.
    if (this.#messages.length > COMPACT_ABOVE && this.#messages.length > 2 * this.#open) {
      this.#messages.replace(this.#messages.waiting().filter(({ finished }) => !finished))
    }
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
    const kept = this.#messages.waiting().filter((message) => message.position < position)
    this.#messages.replace(kept)
    this.#open = kept.filter(({ finished }) => !finished).length
    this.#lastLeft = kept.reduce<bigint | undefined>((last, { position }) => last === undefined || position > last ? position : last, undefined)
  }
}
