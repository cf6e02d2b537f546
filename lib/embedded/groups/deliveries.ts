import type { Consumer } from './consumer.js'
import type { Message } from './message.js'
import { Queue } from './queue.js'
import { Retries } from './retries.js'
import type { Strategy } from './strategies/index.js'
import { Unfinished } from './unfinished.js'

/**
 * Where a new message goes whose consumer is full while others are not: among those to be tried again, as today's
 * servers have it; or it stays in the buffer, where servers before 24.10.14 and 26.0.3 left it, and where the checkpoint
 * does not see it: once later ones are finished, it passes it.
 */
export type SkippedGo = 'to the retries' | 'nowhere'

/** Who holds so many messages, and at least as many as it could be given besides, has enough to do for a while. */
const PLENTY = 16

/** A group's messages from the buffer to the consumers: waiting, to be tried again, and in flight. */
export class Deliveries {
  readonly consumers = new Set<Consumer>()
  /** How many messages were sent, repetitions included. */
  totalItems = 0
  #strategy: Strategy
  #skippedGo: SkippedGo
  #buffer = new Queue<Message>()
  #retries: Retries
  /** By id, in the order of their being sent. */
  #inFlight = new Map<string, Message>()
  #unfinished: Unfinished
  #freeSlots = 0
  /** How many of the retries the outside counts to the buffer, since they were skipped and stayed. */
  #stayed = new Set<Message>()

  constructor (strategy: Strategy, skippedGo: SkippedGo) {
    this.#strategy = strategy
    this.#skippedGo = skippedGo
    this.#unfinished = new Unfinished(skippedGo === 'nowhere' ? 'sending' : 'source')
    this.#retries = new Retries((message) => strategy.boundTo(message))
  }

  get bufferCount (): number {
    return this.#buffer.length + this.#stayed.size
  }

  get retryCount (): number {
    return this.#retries.size - this.#stayed.size
  }

  get inFlightCount (): number {
    return this.#inFlight.size
  }

  /** Messages that wait, new or to be tried again. */
  get waitingCount (): number {
    return this.#buffer.length + this.#retries.size
  }

  /** Whether each consumer that could be given something has plenty to do with what it holds. */
  get isAllBusy (): boolean {
    for (const { held, free } of this.consumers) if (free > 0 && (held.size < PLENTY || held.size < free)) return false
    return true
  }

  /** See {@link Unfinished.checkpoint}. */
  get checkpoint (): bigint | undefined {
    return this.#unfinished.checkpoint
  }

  /** The message in flight with this id, whoever holds it. */
  inFlight (id: string): Message | undefined {
    return this.#inFlight.get(id)
  }

  join (consumer: Consumer): void {
    this.consumers.add(consumer)
    this.#freeSlots += consumer.free
    this.#strategy.join(consumer)
    this.#retries.refile()
  }

  /** What the consumer holds goes to the retries at once, with one try more counted but never parked for it. */
  leave (consumer: Consumer): void {
    if (!this.consumers.delete(consumer)) return
    const held = [...consumer.held]
    for (const message of held) {
      this.release(message)
      message.retryCount++
    }
    this.#freeSlots -= consumer.free
    this.#strategy.leave(consumer)
    this.#retries.refile()
    this.#retries.insert(held)
  }

  /** Puts a new message at the end of the buffer. */
  take (message: Message): void {
    this.#buffer.push(message)
  }

  /** Takes a message out of flight; what becomes of it is the caller's business. */
  release (message: Message): void {
    const holder = message.holder
    if (holder === undefined) return
    this.#inFlight.delete(message.id)
    holder.held.delete(message)
    message.holder = undefined
    this.#freeSlots++
    this.#strategy.released(message)
  }

  /** Nothing is left to be done with a message: the checkpoint may pass it. */
  finish (message: Message): void {
    this.#unfinished.finish(message)
  }

  /** Puts messages that are no longer in flight among those to be tried again. */
  retry (messages: readonly Message[]): void {
    if (messages.length > 0) this.#retries.insert(messages)
  }

  /** Puts parked messages behind all that is to be tried again. */
  replay (messages: readonly Message[]): void {
    for (const message of messages) this.#retries.append(message)
  }

  /** Messages in flight that were sent at or before a moment, first sent first. */
  sentBy (moment: number): Message[] {
    const sent: Message[] = []
    for (const message of this.#inFlight.values()) {
      if (message.sentAt > moment) break
      sent.push(message)
    }
    return sent
  }

  /** Takes everything from a position of the source on out of the group, wherever it is. */
  forgetFrom (position: bigint): void {
    const kept = (message: Message): boolean => message.replayed || message.position < position
    for (const message of this.sentBy(Infinity)) {
      if (!kept(message)) this.release(message)
    }
    this.#buffer.replace(this.#buffer.waiting().filter(kept))
    const retries = this.#retries.messages().filter(kept)
    this.#stayed = new Set([...this.#stayed].filter(kept))
    this.#retries.clear()
    this.#retries.insert(retries)
    this.#unfinished.forgetFrom(position)
  }

  /**
   * Gives out what can be given out: first what is to be tried again, then the buffer.
   *
   * @returns the message that nothing behind it gets past, if there is one
   */
  push (now: number): Message | undefined {
    for (const lane of this.#retries.lanes) {
      for (let message = lane.peek(); message !== undefined && this.#freeSlots > 0; message = lane.peek()) {
        const choice = this.#strategy.choose(message)
        if (choice === 'stuck') return message
        if (typeof choice === 'string') break
        this.#retries.take(lane)
        if (this.#stayed.delete(message)) this.#unfinished.left(message)
        this.#send(message, choice, now)
      }
    }
    for (let message = this.#buffer.peek(); message !== undefined && this.#freeSlots > 0; message = this.#buffer.peek()) {
      const choice = this.#strategy.choose(message)
      if (choice === 'stuck') return message
      if (choice === 'full') break
      this.#buffer.shift()
      if (choice === 'skipped') {
        this.#skip(message)
      } else {
        this.#unfinished.left(message)
        this.#send(message, choice, now)
      }
    }
    return undefined
  }

  #skip (message: Message): void {
    this.#retries.append(message)
    if (this.#skippedGo === 'nowhere') this.#stayed.add(message)
    else this.#unfinished.left(message)
  }

  #send (message: Message, consumer: Consumer, now: number): void {
    this.#freeSlots--
    consumer.totalItems++
    this.totalItems++
    if (this.#inFlight.has(message.id)) {
      // Two messages of one id cannot both be tracked: the server gives this one out and forgets it, and never gets
      // the slot back while the consumer stays.
      consumer.leaked++
      this.finish(message)
    } else {
      message.holder = consumer
      message.sentAt = now
      this.#inFlight.set(message.id, message)
      consumer.held.add(message)
      this.#strategy.sent(message)
    }
    consumer.receiver.deliver(message)
  }
}
