import { LINK_TYPE } from '../log/record.js'
import type { LogRecord } from '../log/record.js'
import type { NewRecord } from '../streams/append.js'
import { record } from './journal.js'
import type { Journal } from './journal.js'
import { Message } from './message.js'

/** How often the writing of parked messages is tried. */
const TRIES = 5

/** How many events are read at once when parked messages are replayed, or written at once when messages are parked. */
const PAGE = 100

type ParkedDone = (messages: readonly Message[], error?: unknown) => void

/** The messages that a group has put aside: links in a stream of its own. */
export class Parked {
  readonly stream: string
  #journal: Journal
  #waiting: { message: Message, reason: string }[] = []
  #writing: Promise<void> | undefined
  /** The first that was not replayed yet. */
  #from = 0n
  #replaying = false
  #stopped = false

  constructor (id: string, journal: Journal) {
    this.stream = `$persistentsubscription-${id}-parked`
    this.#journal = journal
  }

  get count (): bigint {
    const count = this.#journal.head(this.stream) - this.#from + 1n
    return count > 0n ? count : 0n
  }

  get isReplaying (): boolean {
    return this.#replaying
  }

  async load (): Promise<void> {
    const [first] = await this.#journal.readForwards(this.stream, 0n, 1)
    this.#from = first?.revision ?? this.#journal.head(this.stream) + 1n
  }

  /**
   * Writes a message to the parked ones.
   *
   * @param done - called when it stands there, or, with the reason, when it could not be written in five tries
   */
  park (message: Message, reason: string, done: ParkedDone): void {
    this.#waiting.push({ message, reason })
    this.#writing ??= Promise.resolve().then(() => this.#writeAll(done))
  }

  /**
   * Reads what is parked, up to but without a revision, and takes it out of the stream. Does nothing while that is
   * going on already.
   *
   * @param give - called with the messages, page by page
   */
  async replay (stopAt: bigint | undefined, give: (messages: readonly Message[]) => void): Promise<void> {
    if (this.#replaying) return
    this.#replaying = true
    try {
      const end = this.#journal.head(this.stream) + 1n
      const stop = stopAt !== undefined && stopAt < end ? stopAt : end
      let from = this.#from
      while (from < stop && !this.#stopped) {
        const count = stop - from < BigInt(PAGE) ? Number(stop - from) : PAGE
        const page = (await this.#journal.readForwards(this.stream, from, count)).filter((link) => link.revision < stop)
        const last = page.at(-1)
        if (last === undefined || this.#stopped) break
        const resolved = await Promise.all(page.map((link) => this.#journal.resolve(link)))
        give(resolved.filter(({ event, link }) => event !== undefined && link !== undefined)
          .map((message) => new Message(message, -1n, undefined, true)))
        from = last.revision + 1n
      }
      if (stop > this.#from && !this.#stopped) {
        await this.#journal.setMetadata(this.stream, `{"$tb":${stop}}`)
        this.#from = stop
      }
    } finally {
      this.#replaying = false
    }
  }

  /** Settles when nothing is being written. */
  async stop (): Promise<void> {
    this.#stopped = true
    await this.#writing
  }

  async #writeAll (done: ParkedDone): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, PAGE)
      const links = batch.map(({ message, reason }) => parkedLink(message, reason))
      done(batch.map(({ message }) => message), await this.#write(links))
    }
    // In the same step as the last look, so that nothing is left waiting for a writer that has gone.
    this.#writing = undefined
  }

  /** @returns why it could not be done */
  async #write (links: readonly Omit<NewRecord, 'id'>[]): Promise<unknown> {
    let reason: unknown
    for (let tries = 1; tries <= TRIES; tries++) {
      try {
        await record(this.#journal, this.stream, links)
        return undefined
      } catch (error) {
        reason = error
      }
    }
    return reason
  }
}

function parkedLink (message: Message, reason: string): Omit<NewRecord, 'id'> {
  const { subject, original } = message
  const metadata = {
    added: new Date().toISOString(),
    reason,
    // The real server leaves out what has its type's default.
    ...(original.revision === 0n ? {} : { subscriptionEventNumber: Number(original.revision) }),
  }
  return { type: LINK_TYPE, json: false, data: target(subject), metadata: Buffer.from(JSON.stringify(metadata)) }
}

/** What a link to the event says; a link that leads nowhere is handed on as it is. */
function target (subject: LogRecord): Uint8Array {
  return subject.type === LINK_TYPE ? subject.data : Buffer.from(`${subject.revision}@${subject.stream}`)
}
