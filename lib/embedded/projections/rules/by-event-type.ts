import { LINK_TYPE } from '../../log/record.js'
import { isMetastream, originalOf } from '../../streams/index.js'
import { DELETED, deletedBy } from '../deletion.js'
import { linkEvent } from '../link-event.js'
import { mark } from '../mark.js'
import type { Rule } from '../rule.js'

const PREFIX = '$et-'

/**
 * A link in `$et-t` to each event of type `t`, save links; deletions are in `$et-$deleted`. The link to a stream's metadata
 * names the stream itself, and so leads to another event or nowhere: the real server does the same.
 */
export const byEventType: Rule = {
  name: '$by_event_type',
  id: 5,
  owns: (stream) => stream.startsWith(PREFIX),
  emission (record) {
    if (record.type === LINK_TYPE) return undefined
    const deleted = deletedBy(record)
    const type = deleted === undefined ? record.type : '$deleted'
    const named = isMetastream(record.stream) ? originalOf(record.stream) : record.stream
    const marked = mark(byEventType, record, '', deleted === undefined ? '' : DELETED)
    return { stream: PREFIX + type, event: linkEvent(LINK_TYPE, `${record.revision}@${named}`, marked) }
  }
}
