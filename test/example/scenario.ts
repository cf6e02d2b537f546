import { isRefusal } from '../../lib/definition/index.js'
import type { AnyAggregate, DecideContext, DomainEvent, Fault, Refusal } from '../../lib/definition/index.js'

export const aggId = '11111111-1111-4111-8111-111111111111'
export const context: DecideContext = { aggId, comId: 'c0000000-0000-4000-8000-000000000001', now: new Date('2024-01-31T23:59:59.999Z') }

/** The state after some events, each of which must fit its schema. */
export function after (aggregate: AnyAggregate, events: readonly DomainEvent[]): unknown {
  return events.reduce((state, { type, data }) => {
    const faults = aggregate.events[type]!.check(data)
    if (faults.length > 0) throw new Error(`${type} does not fit its schema: ${JSON.stringify(faults)}`)
    return aggregate.evolve(type, state, data)
  }, aggregate.initialState)
}

/** What becomes of a command, as a worker finds it: the faults of its schema, else a refusal or the event. */
export function decided (
  aggregate: AnyAggregate, events: readonly DomainEvent[], command: string, data: unknown, at: Partial<DecideContext> = {}
): { faults: string[] } | { refused: string, message: string } | DomainEvent {
  const faults = aggregate.commands.commands[command]!.check(data)
  if (faults.length > 0) return { faults: faults.map(words) }
  const decision = aggregate.decide(command, after(aggregate, events), data, { ...context, ...at }) as DomainEvent | Refusal
  if (isRefusal(decision)) return { refused: decision.code, message: decision.message }
  after(aggregate, [...events, decision])
  return { type: decision.type, data: decision.data }
}

function words ({ pointer, message }: Fault): string {
  return `${pointer} ${message}`
}
