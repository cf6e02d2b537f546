import type { AppendResult, NewRecord } from './append.js'

/** No record may be larger, in bytes, whatever the limits of appends are. */
export const MAX_RECORD_SIZE = 16 * 1024 * 1024 - 10_000

/** Milliseconds that a writer is waited for, or waits, at most. */
export const WRITE_TIMEOUT = 2_000

/** What may be appended: limits in bytes, and what the versions of the real server differ in. */
export interface StreamLimits {
  maxAppendSize: number
  maxAppendEventSize: number
  /** What counts of an event: its data alone; or all of it, which is data, metadata, and twice the letters of the type. */
  counted?: 'data' | 'all'
  /** Whether a tombstoned stream takes an append of nothing that expects any stream, none, or a tombstone. */
  nothingFitsTombstones?: boolean
}

/** What an event counts, all in all. */
export function sizeOf ({ type, data, metadata }: Pick<NewRecord, 'type' | 'data' | 'metadata'>): number {
  return data.length + metadata.length + 2 * type.length
}

export type TooLarge = Extract<AppendResult, { kind: 'append_too_large' | 'event_too_large' }>

/** Counts the events of one append as they come. */
export class AppendSize {
  readonly #limits: Readonly<StreamLimits>
  #sum = 0

  constructor (limits: Readonly<StreamLimits>) {
    this.#limits = limits
  }

  /** Why the events so far cannot be one append; nothing while they can. */
  add (event: NewRecord): TooLarge | undefined {
    const { maxAppendSize, maxAppendEventSize, counted } = this.#limits
    const size = counted === 'data' ? event.data.length : sizeOf(event)
    if (size > maxAppendEventSize) return { kind: 'event_too_large', limit: maxAppendEventSize, id: event.id, size }
    this.#sum += size
    return this.#sum > maxAppendSize ? { kind: 'append_too_large', limit: maxAppendSize } : undefined
  }

  addAll (events: readonly NewRecord[]): TooLarge | undefined {
    for (const event of events) {
      const refusal = this.add(event)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }
}
