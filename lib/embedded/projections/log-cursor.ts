import type { Log } from '../log/log.js'
import { PAGE_BYTES, readPage } from '../log/page.js'
import type { LogRecord } from '../log/record.js'

/** As many records are kept as they came, unless they are large; a reader that is further behind reads the log. */
const MOST_KEPT = 1_000

/** Goes through the log, record by record: what has just been committed is taken as it came, not read again. */
export class LogCursor {
  readonly #log: Log
  /** Ordinal of the next record. */
  #next: number
  /** Ordinal of the record that is committed next. */
  #end: number
  /** The last records that were committed. */
  #kept: LogRecord[] = []
  #keptBytes = 0

  /** @param next ordinal of the first record */
  constructor (log: Log, next: number) {
    this.#log = log
    this.#next = next
    this.#end = log.confirmed
  }

  get next (): number {
    return this.#next
  }

  /** Whether everything that is confirmed was passed. */
  get done (): boolean {
    return this.#next >= this.#log.confirmed
  }

  /** To be told of every commit. @param keep whether the records will soon be asked for */
  hear (records: readonly LogRecord[], keep: boolean): void {
    this.#end += records.length
    if (keep && this.#kept.length + records.length <= MOST_KEPT) {
      for (const record of records) {
        this.#kept.push(record)
        this.#keptBytes += record.data.length + record.metadata.length
      }
      if (this.#keptBytes <= PAGE_BYTES) return
    }
    this.#forget()
  }

  /** Up to so many of the next records. */
  page (most: number): LogRecord[] | Promise<LogRecord[]> {
    const keptFrom = this.#end - this.#kept.length
    if (this.#next < keptFrom || this.#next >= this.#end) return readPage(this.#log, this.#next, this.#next + most)
    return this.#kept.slice(this.#next - keptFrom, this.#next - keptFrom + most)
  }

  /** So many of the next records are done with. */
  pass (count: number): void {
    this.#next += count
    const keptFrom = this.#end - this.#kept.length
    if (this.#next <= keptFrom) return
    if (this.#next >= this.#end) {
      this.#forget()
      return
    }
    for (const record of this.#kept.splice(0, this.#next - keptFrom)) this.#keptBytes -= record.data.length + record.metadata.length
  }

  #forget (): void {
    this.#kept = []
    this.#keptBytes = 0
  }
}
