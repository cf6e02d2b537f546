import { readMetadata } from '../../lib/outcome/index.js'
import type { RecordedOutcome } from '../../lib/outcome/index.js'
import type { AppendAnswer, Expected, NewEvent } from '../../lib/store/contract.js'
import { aggId, TYPE } from './domain.js'

/** The aggregate's stream as it stands at one moment. Equal streams are one object. */
export interface Stream {
  readonly number: number
  readonly records: readonly RecordedOutcome[]
  readonly before: Stream | undefined
}

const NAME = `${TYPE}-${aggId}`

export const headOf = ({ records }: Stream): bigint | 'no_stream' => records.length === 0 ? 'no_stream' : BigInt(records.length - 1)

/** Of an event, all that anybody decides or answers by. */
export function contentOf ({ id, type, data, metadata }: Pick<NewEvent, 'id' | 'type' | 'data' | 'metadata'>): string {
  const { comId, index, count } = readMetadata(metadata)
  return `${comId} ${index}/${count} ${id} ${type} ${Buffer.from(data).toString()}`
}

/** All the streams that there can be, and the store's rules by which one becomes another. */
export class Streams {
  readonly all: Stream[] = []
  readonly empty = this.#add(undefined)
  readonly #next = new Map<string, Stream>()

  /** Every stream that the given one has been, from the empty one. */
  prefixes (stream: Stream): Stream[] {
    return stream.before === undefined ? [stream] : [...this.prefixes(stream.before), stream]
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
    const key = `${before.number} ${contentOf(event)}`
    const known = this.#next.get(key)
    if (known !== undefined) return known
    const { id, type, data, metadata } = event
    const stream = this.#add(before, { stream: NAME, revision: BigInt(before.records.length), id, type, data, metadata })
    this.#next.set(key, stream)
    return stream
  }

  #add (before: Stream | undefined, record?: RecordedOutcome): Stream {
    const records = record === undefined ? [] : [...before!.records, record]
    const stream = { number: this.all.length, records, before }
    this.all.push(stream)
    return stream
  }
}
