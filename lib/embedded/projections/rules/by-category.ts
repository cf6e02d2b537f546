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

const writer = new LinkWriter(ID)
const places = new Map<string, Place | undefined>()
let lastStream = ''
let lastPlace: Place | undefined

/**
 * A link in `$ce-x` to each event of a stream `x-…`. A deletion has one too: a tombstone's points at what can never be read,
 * a soft delete's at the metadata that says so.
 */
export const byCategory: Rule = {
  name: '$by_category',
  id: ID,
  owns: (stream) => stream.startsWith(PREFIX),
  emission (record) {
    if (record.type === LINK_TYPE || record.type === TOMBSTONE_TYPE || isMetastream(record.stream)) return special(record)
    const place = record.stream === lastStream ? lastPlace : placeOf(record.stream)
    return place === undefined ? undefined : { stream: place.stream, event: writer.link(record, place, correlationJson(record)) }
  }
}

function placeOf (stream: string): Place | undefined {
  let place = places.get(stream)
  if (place === undefined && !places.has(stream)) {
    if (places.size === MOST_KEPT) places.clear()
    const category = categoryOf(stream)
    if (category !== undefined) place = { stream: flat(PREFIX + category), ...linkParts(stream, JSON.stringify(stream)) }
    places.set(stream, place)
  }
  lastStream = stream
  lastPlace = place
  return place
}

/** A text that was put together is slower to read as long as it is one of parts. */
function flat (text: string): string {
  return Buffer.from(text).toString()
}

/** What is no plain event: a link, which is not linked itself, or what may tell of a deletion. */
function special (record: LogRecord): Emission | undefined {
  const deleted = deletedBy(record)
  const original = deleted ?? record.stream
  const category = categoryOf(original)
  if (category === undefined) return undefined
  const marked = mark(byCategory, record, JSON.stringify(original), deleted === undefined ? '' : DELETED)
  return { stream: PREFIX + category, event: linkEvent(LINK_TYPE, targetOf(record), marked) }
}
