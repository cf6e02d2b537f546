import { isRefusal } from '../definition/index.js'
import type { AnyAggregate, CommandDefinition, EventDefinition } from '../definition/index.js'
import { OutcomeCode, parseJson, successEvents, verdictEvent } from '../outcome/index.js'
import type { Cause, FailedVerdict, RefusedVerdict } from '../outcome/index.js'
import type { NewEvent } from '../store/contract.js'
import type { Block } from './view.js'

/** A command as a worker took it from the command stream. */
export interface TakenCommand {
  readonly aggId: string
  readonly comId: string
  /** Stored name. */
  readonly type: string
  readonly data: Uint8Array
  /** When the store took it, in milliseconds since the epoch. */
  readonly created: number
  /** How often it was taken in hand, this time included; from {@link SUSPECT_DELIVERIES} on only what was alone in hand counts. */
  readonly deliveries: number
}

/** The aggregate as the commands before it in the run leave it. */
export interface Standing {
  readonly state: unknown
  readonly exists: boolean
  readonly block?: Block
}

/** Why a command gets no outcome from this worker. */
export interface Parking {
  readonly code: 'UNKNOWN_COMMAND' | 'UNACCEPTED_COMMAND' | Block['code']
  readonly message: string
  readonly error?: unknown
}

/** What is decided on one command, to be appended. */
export interface Decided {
  readonly kind: 'decided'
  readonly events: readonly NewEvent[]
  readonly verdict: { readonly status: 'succeeded' } | RefusedVerdict | FailedVerdict
  /** The aggregate afterwards. */
  readonly standing: Standing
  /** What went wrong inside, for the log alone. */
  readonly defect?: unknown
}

export type Ruling = Decided | { readonly kind: 'parked', readonly parking: Parking }

/** From the tenth time on a command is failed unseen: it has taken its worker down nine times, four of them with nothing beside it. */
export const POISON_DELIVERIES = 10

/** From the sixth time on a command is handled alone, so that it takes no others with it, and none of them is taken for it. */
export const SUSPECT_DELIVERIES = 6

/**
 * Rules on one command; deterministic, as far as decide and evolve are: the moment that decide is told is the one at which the
 * store took the command, and equal for all who may rule on it. Whoever rules alike makes events of the same ids, so that of
 * two workers with one command the second is confirmed; whoever rules differently makes others, and meets a conflict.
 *
 * That a command came too often is ruled on like everything else, on the same state and under the same revision: the
 * store's count decides no more than a rule of the domain would, and loses against an outcome that stands.
 *
 * @param bytes what the events of the command may weigh
 */
export function rule (aggregate: AnyAggregate, standing: Standing, command: TakenCommand, bytes: number): Ruling {
  const definition = aggregate.commands.byStoredName(command.type)
  if (definition === undefined) {
    return parked('UNKNOWN_COMMAND', `The command type ${command.type} is not defined here.`)
  }
  if (standing.block !== undefined) return { kind: 'parked', parking: standing.block }
  const cause = { aggId: command.aggId, comId: command.comId, command: definition.storedName }
  const json = parseJson(command.data)
  if (json === undefined) {
    return verdict(aggregate, standing, cause, failed(OutcomeCode.unreadable, 'The stored command is no JSON.'))
  }
  const data = definition.fromStored(json.value)
  const faults = definition.check(data)
  if (faults.length > 0) {
    const list = faults.map(fault => `${fault.pointer === '' ? 'the command' : fault.pointer}: ${fault.message}`).join('; ')
    return parked('UNACCEPTED_COMMAND', `The command ${definition.name} does not fit its schema here: ${list}.`)
  }
  const fullCause = { ...cause, fingerprint: definition.fingerprint(data) }
  const ruling = judge(aggregate, standing, command, definition, data, fullCause)
  if (ruling.kind === 'parked' || weightOf(ruling.events) <= bytes) return ruling
  return verdict(aggregate, standing, fullCause,
    failed(OutcomeCode.tooLarge, 'The events of the command are larger than the store takes.'))
}

function judge (
  aggregate: AnyAggregate, standing: Standing, command: TakenCommand,
  definition: CommandDefinition, data: unknown, cause: Cause
): Ruling {
  if (command.deliveries >= POISON_DELIVERIES) {
    return verdict(aggregate, standing, cause, failed(OutcomeCode.poison,
      `The command was delivered ${command.deliveries} times and never came to an end.`))
  }
  const name = aggregate.commands.name
  if (aggregate.creates(definition.name) && standing.exists) {
    return verdict(aggregate, standing, cause, refused(OutcomeCode.exists, `${name} ${command.aggId} exists already.`))
  }
  if (!aggregate.creates(definition.name) && !standing.exists) {
    return verdict(aggregate, standing, cause, refused(OutcomeCode.missing, `${name} ${command.aggId} does not exist.`))
  }
  let events: readonly DefinedEvent[]
  try {
    const decision = aggregate.decide(definition.name, standing.state, data, {
      aggId: command.aggId, comId: command.comId, now: new Date(command.created)
    })
    if (isRefusal(decision)) return verdict(aggregate, standing, cause, { status: 'refused', ...decision })
    events = eventsOf(aggregate, decision)
  } catch (defect) {
    return {
      ...verdict(aggregate, standing, cause, failed(OutcomeCode.defect, 'The command met a defect of the service.')),
      defect
    }
  }
  return succeed(aggregate, standing.state, cause, events)
}

function succeed (
  aggregate: AnyAggregate, before: unknown, cause: Cause, events: readonly DefinedEvent[]
): Ruling {
  const stored = successEvents(cause, events)
  let state = before
  for (const [index, { definition }] of events.entries()) {
    try {
      // What stands in the store is what every later replay gets: JSON knows no -0, and nothing that cannot be enumerated.
      state = aggregate.evolve(definition.name, state, definition.fromStored(parseJson(stored[index]!.data)!.value))
    } catch (error) {
      return parked('EVOLVE_FAILED', `evolve of ${definition.name} threw at an event of ${cause.comId}.`, error)
    }
  }
  return { kind: 'decided', events: stored, verdict: { status: 'succeeded' }, standing: { state, exists: true } }
}

/** What the events weigh by the measure of the servers that count most. */
export function weightOf (events: readonly NewEvent[]): number {
  return events.reduce((sum, { data, metadata, type }) => sum + data.length + metadata.length + 2 * type.length, 0)
}

interface DefinedEvent {
  readonly definition: EventDefinition
  readonly data: unknown
}

/** What decide returned, held against the definitions; whatever does not fit is a defect of decide. */
function eventsOf (aggregate: AnyAggregate, decision: unknown): DefinedEvent[] {
  if (decision instanceof Promise) {
    decision.catch(() => {})
    throw new Error('decide returned a promise: it must be a pure function, without async')
  }
  const events: unknown[] = Array.isArray(decision) ? decision : [decision]
  if (events.length === 0) throw new Error('decide returned no event')
  return events.map(event => {
    if (event === null || typeof event !== 'object' || !('type' in event) || !('data' in event)) {
      throw new Error('decide returned something that is no event and no refusal')
    }
    const type = String(event.type)
    const definition = Object.hasOwn(aggregate.events, type) ? aggregate.events[type] : undefined
    if (definition === undefined) throw new Error(`decide returned an event that is not defined: ${type}`)
    const faults = definition.check(event.data)
    if (faults.length > 0) {
      const list = faults.map(fault => `${fault.pointer} ${fault.message}`).join('; ')
      throw new Error(`decide returned an event ${type} that does not fit its schema: ${list}`)
    }
    return { definition, data: event.data }
  })
}

function refused (code: string, message: string): RefusedVerdict {
  return { status: 'refused', code, message }
}

function failed (code: string, message: string): FailedVerdict {
  return { status: 'failed', code, message }
}

function verdict (
  aggregate: AnyAggregate, standing: Standing, cause: Cause, verdict: RefusedVerdict | FailedVerdict
): Decided {
  const event = verdictEvent(cause, aggregate.commands.refusedName, verdict)
  return { kind: 'decided', events: [event], verdict, standing }
}

function parked (code: Parking['code'], message: string, error?: unknown): Ruling {
  return { kind: 'parked', parking: { code, message, ...(error !== undefined && { error }) } }
}
