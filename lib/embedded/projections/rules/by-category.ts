import { LINK_TYPE, TOMBSTONE_TYPE, type LogRecord } from '../../log/record.js'
import { isMetastream } from '../../streams/index.js'
import { DELETED, deletedBy } from '../deletion.js'
import { linkEvent, targetOf } from '../link-event.js'
import { linkParts, LinkWriter, type LinkParts } from '../link-writer.js'
import { correlationJson, mark } from '../mark.js'
import type { Emission, Rule } from '../rule.js'
import { categoryOf } from './category.js'

const PREFIX = '$ce-'

const ID = 4

/** Of so many streams it is remembered what their links have in common. */
const MOST_KEPT = 1024

interface Place extends LinkParts {
  /** The stream that the links go to. */
  readonly stream: string
}

/**
 * A link in `$ce-x` to each event of a stream `x-…`. A deletion has one too: a tombstone's points at what can never be read,
 * a soft delete's at the metadata that says so.
 */
export class ByCategory implements Rule {
  readonly name = '$by_category'
  readonly id = ID
  readonly #writer = new LinkWriter(ID)
  readonly #places = new Map<string, Place | undefined>()
  #lastStream = ''
  #lastPlace: Place | undefined

  owns (stream: string): boolean {
    return stream.startsWith(PREFIX)
  }

  emission (record: LogRecord): Emission | undefined {
    if (record.type === LINK_TYPE || record.type === TOMBSTONE_TYPE || isMetastream(record.stream)) return this.#special(record)
    const place = record.stream === this.#lastStream ? this.#lastPlace : this.#placeOf(record.stream)
    return place === undefined ? undefined : { stream: place.stream, event: this.#writer.link(record, place, correlationJson(record)) }
  }

  #placeOf (stream: string): Place | undefined {
    const places = this.#places
    let place = places.get(stream)
    if (place === undefined && !places.has(stream)) {
      if (places.size === MOST_KEPT) places.clear()
      const category = categoryOf(stream)
      if (category !== undefined) place = { stream: flat(PREFIX + category), ...linkParts(stream, JSON.stringify(stream)) }
      places.set(stream, place)
    }
    this.#lastStream = stream
    this.#lastPlace = place
    return place
  }

  /** What is no plain event: a link, which is not linked itself, or what may tell of a deletion. */
  #special (record: LogRecord): Emission | undefined {
    const deleted = deletedBy(record)
    const original = deleted ?? record.stream
    const category = categoryOf(original)
    if (category === undefined) return undefined
    const marked = mark(this, record, JSON.stringify(original), deleted === undefined ? '' : DELETED)
    return { stream: PREFIX + category, event: linkEvent(LINK_TYPE, targetOf(record), marked) }
  }
}

/** A text that was put together is slower to read as long as it is one of parts. */
function flat (text: string): string {
  return Buffer.from(text).toString()
}
