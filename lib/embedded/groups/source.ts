import type { LogRecord } from '../log/record.js'

/** A piece of a source's history. */
export interface Page {
  records: LogRecord[]
  /** Where to read on. */
  next: bigint
}

/** What a group reads: one stream, or `$all`. Both are a series of events with rising positions. */
export interface Source {
  /** As it stands in the group's id: the stream's name, or `$all`. */
  readonly name: string
  /** Where the last event stands; -1n when there is none. */
  head (): bigint
  positionOf (record: LogRecord): bigint
  /** Whether a committed event belongs to the source. */
  has (record: LogRecord): boolean
  /**
   * The events from a position on, at most so many.
   *
   * @throws SourceDeleted when nothing can ever be read from it
   */
  read (from: bigint, count: number): Promise<Page>
  /** A position in the words of checkpoints and of group information. */
  write (position: bigint): string
  /** The reverse of {@link write}; nothing when it is no position. */
  parse (text: string): bigint | undefined
}

/** The source is gone for ever. */
export class SourceDeleted extends Error {
  constructor (name: string) {
    super(`${name} was deleted for ever`)
    this.name = 'SourceDeleted'
  }
}
