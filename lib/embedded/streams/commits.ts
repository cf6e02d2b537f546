import { setTimeout as wait } from 'node:timers/promises'
import type { Appended, Log } from '../log/log.js'
import { ticksNow, type LogRecord } from '../log/record.js'
import type { NewRecord } from './append.js'
import { WRITE_TIMEOUT } from './limits.js'
import { isMetastream, originalOf, parseMetadata } from './metadata.js'
import type { RecentIds } from './recent-ids.js'
import type { StreamTable } from './table.js'

/** Gets the records of each commit, in the order of the log, once they survive a crash. It must not throw. */
export type CommitListener = (records: readonly LogRecord[]) => void

/** The events that one commit adds to one stream. */
export interface Part {
  stream: string
  events: readonly NewRecord[]
  /** Whether appends are to know these ids again. */
  remember: boolean
}

/**
 * What is on its way into the log. Writers find a commit in the table as soon as it is made, readers and listeners once it
 * survives a crash; where the log did not keep it, it is taken back.
 */
export class Commits {
  readonly #log: Log
  readonly #table: StreamTable
  readonly #recent: RecentIds
  readonly #listeners = new Set<CommitListener>()
  /** Settles with the commit that was made last; nothing when that has settled. */
  #last: Promise<unknown> | undefined
  /** Rises with each failure of the log, so that one failure is mended once. */
  #failures = 0

  constructor (log: Log, table: StreamTable, recent: RecentIds) {
    this.#log = log
    this.#table = table
    this.#recent = recent
  }

  /** Tells a listener of each commit from now on, until the function that it returns is called. */
  onCommit (listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /**
   * Writes events to streams, all or none.
   * @param answer is made of the records, which have their positions, and given once they survive a crash
   */
  make<Answer> (parts: readonly Part[], answer: (records: readonly LogRecord[]) => Answer): Promise<Answer> {
    const records = this.#records(parts)
    let appended: Appended
    try {
      appended = this.#log.append(records)
    } catch (error) {
      return Promise.reject(error)
    }
    let ordinal = appended.first
    for (const { stream, events, remember } of parts) {
      const entry = this.#table.entry(stream)
      for (const event of events) {
        if (remember) this.#recent.add(event.id, entry, entry.length, ordinal)
        entry.add(ordinal++)
      }
      const last = events[events.length - 1]
      if (last !== undefined && isMetastream(stream)) {
        this.#table.entry(originalOf(stream)).writersMetadata = parseMetadata(last.json, last.data)
      }
    }
    return this.#settle(records, appended.durable, answer(records))
  }

  /** Writes a stream's tombstone, which has no place among its events. */
  async end<Answer> (tombstone: LogRecord, answer: (tombstone: LogRecord) => Answer): Promise<Answer> {
    const { first, durable } = this.#log.append([tombstone])
    this.#table.entry(tombstone.stream).tombstone = first
    return await this.#settle([tombstone], durable, answer(tombstone))
  }

  /**
   * Resolves when all that writers find so far is certain.
   * @throws what the log says when it could not write the last of it
   */
  async certain (): Promise<void> {
    await this.#last
  }

  /** Resolves when all that was handed to the log so far is decided. */
  async settled (): Promise<void> {
    await this.#last?.catch(() => {})
  }

  /**
   * What is sent again before the first is certain is dropped, as by the real server: who sent it hears of it only when its time is up.
   * @throws where it is not certain yet, and sooner what the log says when it cannot write
   */
  async certainAt (ordinal: number): Promise<void> {
    if (ordinal < this.#log.confirmed) return
    await Promise.all([this.#last, wait(WRITE_TIMEOUT, undefined, { ref: false })])
    throw new Error('the same is being written already')
  }

  #records (parts: readonly Part[]): LogRecord[] {
    const created = ticksNow()
    const records: LogRecord[] = []
    const heads = parts.length > 1 ? new Map<number, number>() : undefined
    for (const { stream, events } of parts) {
      const entry = this.#table.entry(stream)
      let revision = heads?.get(entry.number) ?? entry.length - 1
      for (const { id, type, json, data, metadata } of events) {
        revision++
        records.push({ position: 0n, stream, revision: BigInt(revision), id, type, json, data, metadata, created })
      }
      heads?.set(entry.number, revision)
    }
    return records
  }

  #settle<Answer> (records: readonly LogRecord[], durable: Promise<void>, answer: Answer): Promise<Answer> {
    const failures = this.#failures
    const commit = durable.then(() => {
      this.#show(records)
      if (commit === this.#last) {
        this.#last = undefined
        this.#table.allConfirmed()
      }
      return answer
    }, (error: unknown) => {
      if (failures === this.#failures) this.#takeBack()
      if (commit === this.#last) this.#last = undefined
      throw error
    })
    this.#last = commit
    return commit
  }

  #show (records: readonly LogRecord[]): void {
    for (const record of records) {
      if (isMetastream(record.stream)) {
        this.#table.entry(originalOf(record.stream)).metadata = parseMetadata(record.json, record.data)
      }
    }
    for (const listener of this.#listeners) listener(records)
  }

  /** Takes back what the log did not keep: everything that is not confirmed. */
  #takeBack (): void {
    this.#failures++
    const { confirmed } = this.#log
    this.#recent.forgetFrom(confirmed)
    this.#table.forgetFrom(confirmed)
  }
}
