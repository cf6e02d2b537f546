import type { Log } from '../log/log.js'
import { readPage } from '../log/page.js'
import type { LogRecord } from '../log/record.js'
import { ALL, isHidden, matcher } from '../streams/all.js'
import type { Page, Source } from './source.js'

/** Which events of `$all` a group wants. By regular expression, or by prefixes where that is empty. */
export interface AllFilter {
  on: 'stream' | 'type'
  regex: string
  prefixes: string[]
}

/** How many events of the log are looked at in one go for those that fit a filter. */
const WINDOW = 500

/** The whole log, or what a filter leaves of it, as the source of a group. */
export class AllSource implements Source {
  readonly name = ALL
  readonly filter: AllFilter | undefined
  #log: Log
  #wanted: (record: LogRecord) => boolean

  /** @throws ExpressionError when the filter's regular expression cannot be used */
  constructor (log: Log, filter: AllFilter | undefined) {
    this.#log = log
    this.filter = filter
    this.#wanted = filter === undefined ? () => true : compile(filter)
  }

  head (): bigint {
    return this.#log.lastPosition
  }

  positionOf (record: LogRecord): bigint {
    return record.position
  }

  has (record: LogRecord): boolean {
    return !isHidden(record) && this.#wanted(record)
  }

  async read (from: bigint, count: number): Promise<Page> {
    const head = this.head()
    const first = this.#log.ordinalFrom(from)
    const looked = await readPage(this.#log, first, first + (this.filter === undefined ? count : WINDOW))
    const records: LogRecord[] = []
    let next = from
    for (const record of looked) {
      if (records.length === count) break
      if (this.has(record)) records.push(record)
      next = record.position + 1n
    }
    return { records, next: looked.length === 0 ? head + 1n : next }
  }

  write (position: bigint): string {
    return `C:${position}/P:${position}`
  }

  parse (text: string): bigint | undefined {
    const commit = /^C:(\d+)\/P:\d+$/.exec(text)?.[1]
    return commit === undefined ? undefined : BigInt(commit)
  }
}

function compile ({ on, regex, prefixes }: AllFilter): (record: LogRecord) => boolean {
  const matches = matcher(regex, prefixes)
  return on === 'stream' ? (record) => matches(record.stream) : (record) => matches(record.type)
}
