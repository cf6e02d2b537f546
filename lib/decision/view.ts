import type { AnyAggregate } from '../definition/index.js'
import { commandOf, parseJson } from '../outcome/index.js'
import type { RecordedOutcome } from '../outcome/index.js'
import { CommandIds } from './command-ids.js'

/** Why this worker can decide nothing on an aggregate, though another version of it may. */
export interface Block {
  readonly code: 'UNKNOWN_EVENT' | 'UNREADABLE_EVENT' | 'EVOLVE_FAILED'
  readonly message: string
  readonly error?: unknown
}

/**
 * What is known of one aggregate, and up to where. It may be old at any time: what is decided on it is appended at its revision,
 * and where that is not the last one any more the store writes nothing.
 */
export interface View {
  /** The revision of the stream's last event, refusals included; it comes from the store, never from counting. */
  readonly revision: bigint | 'no_stream'
  /** Whether a domain event stands in the stream; a refusal makes no aggregate exist. */
  readonly exists: boolean
  readonly state: unknown
  /**
   * The ids of all commands whose outcomes stand at or below the revision, refusals included; maybe of some above it. The set only
   * ever takes up facts of the store, which stay true, so views of one aggregate share it.
   */
  readonly ids: CommandIds
  readonly block?: Block
}

/** An aggregate of which nothing is read yet. */
export function emptyView (aggregate: AnyAggregate): View {
  return { revision: 'no_stream', exists: false, state: aggregate.initialState, ids: new CommandIds() }
}

/**
 * The view after these events of the aggregate's stream, which follow the view's revision without a gap: a reading forwards
 * gives all that is there. Whoever wrote them, they are facts; the view's own run is among them or is void.
 *
 * @param watched told of every event, for those who look for a command
 */
export function replay (
  aggregate: AnyAggregate, view: View, records: readonly RecordedOutcome[],
  watched?: (comId: string, record: RecordedOutcome) => void
): View {
  let { revision, exists, state } = view
  let block = view.block
  for (const record of records) {
    const comId = commandOf(record)
    view.ids.add(comId)
    watched?.(comId, record)
    revision = record.revision
    if (record.type === aggregate.commands.refusedName) continue
    exists = true
    if (block !== undefined) continue
    const step = evolve(aggregate, state, record)
    if ('block' in step) block = step.block
    else state = step.state
  }
  return { revision, exists, state, ids: view.ids, ...(block !== undefined && { block }) }
}

/**
 * The view moved to the stream's last revision as the store told it, where no event could be read up to there: they were removed
 * by `$maxAge` and the like, and the next one will stand behind them all the same.
 */
export function movedTo (view: View, head: bigint): View {
  return isBelow(view.revision, head) ? { ...view, revision: head } : view
}

/** In the order of a stream's life, which begins without a stream. */
export function isBelow (revision: View['revision'], other: View['revision']): boolean {
  return other !== 'no_stream' && (revision === 'no_stream' || revision < other)
}

function evolve (aggregate: AnyAggregate, state: unknown, record: RecordedOutcome): { state: unknown } | { block: Block } {
  const where = `${record.stream} at revision ${record.revision}`
  const definition = aggregate.eventByStoredName(record.type)
  if (definition === undefined) {
    return { block: { code: 'UNKNOWN_EVENT', message: `The event type ${record.type} in ${where} is not defined here.` } }
  }
  const json = parseJson(record.data)
  if (json === undefined) {
    return { block: { code: 'UNREADABLE_EVENT', message: `The event ${record.type} in ${where} is no JSON.` } }
  }
  try {
    return { state: aggregate.evolve(definition.name, state, definition.fromStored(json.value)) }
  } catch (error) {
    return { block: { code: 'EVOLVE_FAILED', message: `evolve of ${definition.name} threw at ${where}.`, error } }
  }
}
