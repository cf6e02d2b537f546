import { LINK_TYPE } from '../../log/record.js'
import { linkEvent } from '../link-event.js'
import { mark } from '../mark.js'
import type { Rule } from '../rule.js'

const STREAM = '$streams'

/** A link in `$streams` to the first event of each stream, metastreams included. */
export const streams: Rule = {
  name: STREAM,
  id: 2,
  owns: (stream) => stream === STREAM,
  emission (record) {
    if (record.revision !== 0n) return undefined
    return { stream: STREAM, event: linkEvent(LINK_TYPE, `0@${record.stream}`, mark(streams, record)) }
  }
}
