import { LINK_TYPE } from '../../log/record.js'
import { DELETED, deletedBy } from '../deletion.js'
import { linkEvent, targetOf } from '../link-event.js'
import { mark } from '../mark.js'
import type { Rule } from '../rule.js'
import { categoryOf } from './category.js'

const PREFIX = '$ce-'

/**
 * A link in `$ce-x` to each event of a stream `x-…`. A deletion has one too: a tombstone's points at what can never be read,
 * a soft delete's at the metadata that says so.
 */
export const byCategory: Rule = {
  name: '$by_category',
  id: 4,
  owns: (stream) => stream.startsWith(PREFIX),
  emission (record) {
    const deleted = deletedBy(record)
    const original = deleted ?? record.stream
    const category = categoryOf(original)
    if (category === undefined) return undefined
    const marked = mark(byCategory, record, JSON.stringify(original), deleted === undefined ? '' : DELETED)
    return { stream: PREFIX + category, event: linkEvent(LINK_TYPE, targetOf(record), marked) }
  }
}
