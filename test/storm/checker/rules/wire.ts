import type { Block, Facts } from '../facts.js'
import { outcomeEventId } from '../identity.js'
import { placeOf } from '../rule.js'
import type { Rule, Violation } from '../rule.js'
import { field, isUuid } from '../streams.js'

/** The wire contract, as far as it can be seen from what stands. */
export const wire: Rule = {
  name: 'wire',
  says: 'what stands in the streams is by the wire contract: ids from the content, the aggregate first in the metadata',
  check: facts => [...ofCommands(facts), ...ofOutcomes(facts)]
}

function * ofCommands ({ cases }: Facts): Generator<Violation> {
  for (const known of cases.values()) {
    for (const { event, planted } of known.sent) {
      if (planted || startsWithAggregate(event.metadata, known.aggId)) continue
      yield { rule: 'wire', message: 'The metadata of a command do not begin with its aggregate', evidence: { ...placeOf(known), place: event.revision } }
    }
  }
}

function * ofOutcomes ({ cases, lines }: Facts): Generator<Violation> {
  for (const line of lines.values()) {
    for (const part of line.parts) {
      if ('planted' in part) continue
      const known = cases.get(`${line.type}/${line.aggId}/${part.comId}`)!
      for (const wrong of faults(part, line.aggId)) yield { rule: 'wire', message: wrong, evidence: placeOf(known) }
    }
  }
}

function * faults (block: Block, aggId: string): Generator<string> {
  for (const event of block.events) {
    const { metadata, type, data, id } = event
    const at = `at revision ${event.revision}`
    const index = Number(field(metadata, 'index'))
    if (!startsWithAggregate(metadata, aggId)) yield `The metadata ${at} do not begin with the aggregate`
    if (!isUuid(field(metadata, '$causationId'))) yield `The metadata ${at} name no command`
    else if (id !== outcomeEventId(block.comId, index, block.count, type, data)) yield `The id ${at} is not that of its content`
  }
  const { code } = block.verdict as { code?: unknown }
  if (typeof block.command !== 'string') yield 'The first event does not name its command'
  // What is no JSON has nothing to make a fingerprint of.
  if (typeof block.fingerprint !== 'string' && code !== 'UNREADABLE_COMMAND') yield 'The first event has no fingerprint of its command'
}

function startsWithAggregate (metadata: unknown, aggId: string): boolean {
  return metadata !== null && typeof metadata === 'object' && Object.keys(metadata)[0] === '$correlationId' && field(metadata, '$correlationId') === aggId
}
