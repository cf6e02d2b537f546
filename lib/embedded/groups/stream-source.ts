import type { LogRecord } from '../log/record.js'
import type { Journal } from './journal.js'
import { SourceDeleted } from './source.js'
import type { Page, Source } from './source.js'

/** One stream as the source of a group: its positions are its revisions. */
export class StreamSource implements Source {
  readonly name: string
  #journal: Journal

  constructor (name: string, journal: Journal) {
    this.name = name
    this.#journal = journal
  }

  head (): bigint {
    return this.#journal.head(this.name)
  }

  positionOf (record: LogRecord): bigint {
    return record.revision
  }

  has (record: LogRecord): boolean {
    return record.stream === this.name
  }

  async read (from: bigint, count: number): Promise<Page> {
    const head = this.head()
    if (this.#journal.state(this.name) === 'tombstoned') throw new SourceDeleted(this.name)
    const records = await this.#journal.readForwards(this.name, from, count)
    const last = records.at(-1)
    // Nothing to be seen up to the head: truncated, expired, or deleted.
    return { records, next: last === undefined ? head + 1n : last.revision + 1n }
  }

  write (position: bigint): string {
    return position.toString()
  }

  parse (text: string): bigint | undefined {
    return /^\d+$/.test(text) ? BigInt(text) : undefined
  }
}
