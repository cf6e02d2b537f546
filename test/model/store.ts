import { readMetadata } from '../../lib/outcome/index.js'
import type { EventMetadata, RecordedOutcome } from '../../lib/outcome/index.js'
import type { AppendAnswer, Expected, NewEvent } from '../../lib/store/contract.js'
import { aggId, TYPE } from './domain.js'
import { Memo } from './memo.js'

/** The aggregate's stream as it stands at one moment. Equal streams are one object. */
export interface Stream {
  readonly number: number
  readonly records: readonly RecordedOutcome[]
  readonly before: Stream | undefined
}

const NAME = `${TYPE}-${aggId}`

export const headOf = ({ records }: Stream): bigint | 'no_stream' => records.length === 0 ? 'no_stream' : BigInt(records.length - 1)

const metadata = new WeakMap<Uint8Array, EventMetadata>()

/** As the product reads it, and once only: streams that begin alike share their records. */
export function metadataOf (event: Pick<NewEvent, 'metadata'>): EventMetadata {
  let read = metadata.get(event.metadata)
  if (read === undefined) {
    read = readMetadata(event.metadata)
    metadata.set(event.metadata, read)
  }
  return read
}

/** Of an event, all that anybody decides or answers by. */
export function contentOf (event: Pick<NewEvent, 'id' | 'type' | 'data' | 'metadata'>): string {
  const { comId, index, count } = metadataOf(event)
  return `${comId} ${index}/${count} ${event.id} ${event.type} ${Buffer.from(event.data).toString()}`
}

/** All the streams that there can be, and the store's rules by which one becomes another. */
export class Streams {
  readonly all: Stream[] = []
  readonly empty = this.#add(undefined)
  readonly #next = new Memo<string, Stream>()

  /** Every stream that the given one has been, back to the empty one. */
  prefixes (stream: Stream): Stream[] {
    return stream.before === undefined ? [stream] : [stream, ...this.prefixes(stream.before)]
  }

  /**
   * An append as the store executes it: at the exact last revision it writes, whatever ids stand in the stream; below, it
   * is confirmed if the events behind its revision have its ids, in order, and is a conflict otherwise. With `any` it is
   * confirmed where all ids are known, a conflict where the first is and another is not, and written otherwise.
   */
  append (stream: Stream, expected: Expected, events: readonly NewEvent[]): { stream: Stream, answer: AppendAnswer } {
    const { records } = stream
    const conflict: AppendAnswer = { kind: 'conflict', current: headOf(stream) }
    const at = expected === 'any' ? records.length : expected === 'no_stream' ? 0 : Number(expected) + 1
    if (expected === 'any') {
      const places = events.map(({ id }) => records.findIndex(record => record.id === id))
      if (places.every(place => place >= 0)) return { stream, answer: { kind: 'written', revision: BigInt(places.at(-1)!) } }
      if (places[0]! >= 0) return { stream, answer: conflict }
    }
    if (at > records.length) return { stream, answer: conflict }
    if (at < records.length) {
      return events.every(({ id }, index) => records[at + index]?.id === id)
        ? { stream, answer: { kind: 'written', revision: BigInt(at + events.length - 1) } }
        : { stream, answer: conflict }
    }
    const after = events.reduce((before, event) => this.#behind(before, event), stream)
    return { stream: after, answer: { kind: 'written', revision: headOf(after) as bigint } }
  }

  #behind (before: Stream, event: NewEvent): Stream {
    const { id, type, data, metadata } = event
    return this.#next.once(before.number, contentOf(event), () =>
      this.#add(before, { stream: NAME, revision: BigInt(before.records.length), id, type, data, metadata }))
  }

  #add (before: Stream | undefined, record?: RecordedOutcome): Stream {
    const records = record === undefined ? [] : [...before!.records, record]
    const stream = { number: this.all.length, records, before }
    this.all.push(stream)
    return stream
  }
}
