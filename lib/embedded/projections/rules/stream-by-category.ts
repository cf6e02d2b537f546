import { linkEvent } from '../link-event.js'
import { mark } from '../mark.js'
import type { Rule } from '../rule.js'
import { categoryOf } from './category.js'

const PREFIX = '$category-'

/** Event type of a reference to a stream; its data is the stream's name. */
const REFERENCE_TYPE = '$@'

/** A reference in `$category-x` to each stream `x-…`, made by its first event. */
export const streamByCategory: Rule = {
  name: '$stream_by_category',
  id: 3,
  owns: (stream) => stream.startsWith(PREFIX),
  emission (record) {
    if (record.revision !== 0n) return undefined
    const category = categoryOf(record.stream)
    if (category === undefined) return undefined
    return { stream: PREFIX + category, event: linkEvent(REFERENCE_TYPE, record.stream, mark(streamByCategory, record)) }
  }
}
