import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { METADATA_TYPE } from '../log/record.js'
import type { LogRecord } from '../log/record.js'
import { metastreamOf, type NewRecord, type Streams } from '../streams/index.js'
import { categoryLink, sourcePosition } from './category.js'
import { LogCursor } from './log-cursor.js'

export type LinksStatus = 'Running' | 'Stopped'

/** How many records are looked at before their links are written together. */
const PAGE = 500

const EMPTY = new Uint8Array(0)
const READABLE_BY_ALL = Buffer.from('{"$acl":{"$r":"$all","$mr":"$all"}}')

/**
 * The projection `$by_category`: for each event of a stream `x-…` a link in `$ce-x`, in the order of the log. Links are
 * written after their events are confirmed, by records of their own, many together while one write is under way, so
 * a reader can find an event before its link.
 */
export class CategoryLinks {
  readonly #streams: Streams
  #cursor: LogCursor
  #running = true
  #held = false
  #working: Promise<void> | undefined
  #stopListening: (() => void) | undefined

  constructor (streams: Streams) {
    this.#streams = streams
    this.#cursor = new LogCursor(streams.log, 0)
  }

  get status (): LinksStatus {
    return this.#running ? 'Running' : 'Stopped'
  }

  /** How far the log was looked through, in percent. */
  get progress (): number {
    const { confirmed } = this.#streams.log
    return confirmed === 0 ? 100 : 100 * Math.min(1, this.#cursor.next / confirmed)
  }

  /** Position of the last record that was looked at. */
  get position (): bigint {
    const { next } = this.#cursor
    return next === 0 ? 0n : this.#streams.log.positionAt(next - 1)
  }

  /**
   * Begins to follow the log, behind the last record that has a link: all links of what was looked at together were written
   * together, so whatever stands before it and is to have one has it.
   */
  async start (): Promise<void> {
    let next = 0
    for (const stream of this.#streams.named('$ce-')) {
      const [link] = await this.#streams.readBackwards(stream, this.#streams.head(stream), 1)
      const position = link && sourcePosition(link)
      if (position !== undefined) next = Math.max(next, this.#streams.log.ordinalFrom(position) + 1)
    }
    this.#cursor = new LogCursor(this.#streams.log, next)
    this.#stopListening ??= this.#streams.onCommit((records) => {
      this.#cursor.hear(records, this.#running && !this.#held)
      this.#work()
    })
    this.#work()
  }

  /** Links whatever was left out while it was disabled. */
  enable (): void {
    this.#running = true
    this.#work()
  }

  disable (): void {
    this.#running = false
  }

  /** Keeps links back until {@link release}; the status does not tell. */
  hold (): void {
    this.#held = true
  }

  release (): void {
    this.#held = false
    this.#work()
  }

  /** Stops following the log; resolves when no write is under way. */
  async close (): Promise<void> {
    this.#running = false
    this.#stopListening?.()
    this.#stopListening = undefined
    await this.#working
  }

  #work (): void {
    if (this.#working !== undefined || !this.#mayWork()) return
    // What is committed in one turn of the event loop is linked together.
    this.#working = nextTurn().then(() => this.#catchUp()).then(() => {
      this.#working = undefined
      // A commit may have come in the moment between the last look and now.
      this.#work()
    }, () => {
      // The log could not write. The next commit shows that it can again.
      this.#working = undefined
    })
  }

  #mayWork (): boolean {
    return this.#running && !this.#held && !this.#cursor.done
  }

  async #catchUp (): Promise<void> {
    while (this.#mayWork()) {
      const records = await this.#cursor.page(PAGE)
      const parts = this.#linksOf(records)
      if (parts.length > 0) await this.#streams.appendAll(parts)
      this.#cursor.pass(records.length)
    }
  }

  #linksOf (records: readonly LogRecord[]): Array<{ stream: string, events: NewRecord[] }> {
    const byCategory = new Map<string, NewRecord[]>()
    for (const record of records) {
      const found = categoryLink(record)
      if (found === undefined) continue
      const links = byCategory.get(found.category)
      if (links === undefined) byCategory.set(found.category, [found.link])
      else links.push(found.link)
    }
    const parts: Array<{ stream: string, events: NewRecord[] }> = []
    for (const [category, events] of byCategory) {
      const stream = `$ce-${category}`
      if (this.#streams.head(metastreamOf(stream)) < 0n) parts.push({ stream: metastreamOf(stream), events: [readableByAll()] })
      parts.push({ stream, events })
    }
    return parts
  }
}

function readableByAll (): NewRecord {
  return { id: randomUUID(), type: METADATA_TYPE, json: true, data: READABLE_BY_ALL, metadata: EMPTY }
}
