import type { Consumer } from './consumer.js'
import type { Message } from './message.js'
import { Queue } from './queue.js'

/**
 * Messages that go out before any new one, in the order of the source. They wait in one lane for each consumer that the
 * strategy binds them to, so that a full consumer's messages cost nothing while others go on.
 */
export class Retries {
  #lanes = new Map<Consumer | undefined, Queue<Message>>()
  #boundTo: (message: Message) => Consumer | undefined
  #last = -1n
  #size = 0

  constructor (boundTo: (message: Message) => Consumer | undefined) {
    this.#boundTo = boundTo
  }

  get size (): number {
    return this.#size
  }

  get lanes (): Iterable<Queue<Message>> {
    return this.#lanes.values()
  }

  /** Takes the first message of a lane. */
  take (lane: Queue<Message>): Message | undefined {
    const message = lane.shift()
    if (message !== undefined && --this.#size === 0) this.#last = -1n
    return message
  }

  /** Puts messages that were given out before where they belong in the source; replayed ones at the end. */
  insert (messages: Iterable<Message>): void {
    const sorted: Message[] = []
    for (const message of messages) {
      if (message.replayed) {
        this.append(message)
      } else {
        message.rank = message.position
        sorted.push(message)
      }
    }
    this.#file(sorted.sort(byRank))
  }

  /** Puts a message behind all others. */
  append (message: Message): void {
    message.rank = message.replayed || message.position < this.#last ? this.#last : message.position
    this.#last = message.rank
    this.#lane(this.#boundTo(message)).push(message)
    this.#size++
  }

  /** Files every message anew, since consumers have come or gone. */
  refile (): void {
    const all = this.messages().sort(byRank)
    this.clear()
    this.#file(all)
  }

  /** All of them, lane by lane. */
  messages (): Message[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.waiting())
  }

  clear (): void {
    this.#lanes.clear()
    this.#last = -1n
    this.#size = 0
  }

  #file (sorted: readonly Message[]): void {
    const byOwner = new Map<Consumer | undefined, Message[]>()
    for (const message of sorted) {
      const owner = this.#boundTo(message)
      const group = byOwner.get(owner)
      if (group === undefined) byOwner.set(owner, [message])
      else group.push(message)
      if (message.rank > this.#last) this.#last = message.rank
    }
    for (const [owner, group] of byOwner) {
      merge(this.#lane(owner), group)
    }
    this.#size += sorted.length
  }

  #lane (owner: Consumer | undefined): Queue<Message> {
    let lane = this.#lanes.get(owner)
    if (lane === undefined) this.#lanes.set(owner, lane = new Queue())
    return lane
  }
}

function byRank (a: Message, b: Message): number {
  return a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0
}

function merge (lane: Queue<Message>, sorted: readonly Message[]): void {
  const [first] = sorted
  const last = lane.last()
  if (first === undefined || last === undefined || last.rank <= first.rank) {
    for (const message of sorted) lane.push(message)
  } else {
    // The sort is stable and finds two runs, so this is one pass of comparisons.
    lane.replace([...lane.waiting(), ...sorted].sort(byRank))
  }
}
