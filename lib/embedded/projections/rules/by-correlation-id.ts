import { LINK_TYPE, type LogRecord } from '../../log/record.js'
import { linkEvent, targetOf } from '../link-event.js'
import { jsonObject, mark, text } from '../mark.js'
import type { Rule } from '../rule.js'

const PREFIX = '$bc-'

/** A link in `$bc-i` to each event with the correlation id `i` in its metadata, save links. */
export const byCorrelationId: Rule = {
  name: '$by_correlation_id',
  id: 6,
  owns: (stream) => stream.startsWith(PREFIX),
  emission (record) {
    if (record.type === LINK_TYPE || record.metadata.length === 0) return undefined
    const id = jsonObject(text(record.metadata))?.['$correlationId']
    if (typeof id !== 'string' && typeof id !== 'number') return undefined
    const marked = mark(byCorrelationId, record, '', `"$eventTimestamp":"${timestamp(record)}"`)
    return { stream: `${PREFIX}${id}`, event: linkEvent(LINK_TYPE, targetOf(record), marked) }
  }
}

/** To the microsecond, as the real server writes it. */
function timestamp ({ created }: LogRecord): string {
  const microseconds = created / 10n
  const seconds = new Date(Number(microseconds / 1000n)).toISOString().slice(0, 19)
  return `${seconds}.${(microseconds % 1_000_000n).toString().padStart(6, '0')}Z`
}
