import type { AppendResult, NewRecord } from './append.js'

/** Limits of an append, in bytes. */
export interface StreamLimits {
  maxAppendSize: number
  maxAppendEventSize: number
  /** What counts of an event: its data alone; or all of it, which is data, metadata, and twice the letters of the type. */
  counted?: 'data' | 'all'
}

/** Why these events cannot be one append; nothing when they can. */
export function tooLarge (events: readonly NewRecord[], limits: StreamLimits): AppendResult | undefined {
  const { maxAppendSize, maxAppendEventSize, counted } = limits
  let sum = 0
  for (const event of events) {
    const size = counted === 'data' ? event.data.length : event.data.length + event.metadata.length + 2 * event.type.length
    if (size > maxAppendEventSize) return { kind: 'event_too_large', limit: maxAppendEventSize, id: event.id, size }
    sum += size
  }
  return sum > maxAppendSize ? { kind: 'append_too_large', limit: maxAppendSize } : undefined
}
