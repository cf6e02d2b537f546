import type { LogRecord } from '../log/record.js'
import { isMetastream, originalOf, type NewRecord } from '../streams/index.js'

/** What a projection writes because of a record. */
export interface Emission {
  stream: string
  event: NewRecord
}

/** What a system projection does, apart from when. */
export interface Rule {
  readonly name: string
  /** By which the marks in what it writes tell whose that is. */
  readonly id: number
  /** Whether a stream is one of those that it writes, and nobody else is to write. */
  owns (stream: string): boolean
  /** Asked of records that {@link isProjected}. */
  emission (record: LogRecord): Emission | undefined
}

/** Projections look at what users wrote, and at the metadata of that; not at what the server writes, themselves included. */
export function isProjected ({ stream }: LogRecord): boolean {
  if (!stream.startsWith('$')) return true
  return isMetastream(stream) && !originalOf(stream).startsWith('$')
}
