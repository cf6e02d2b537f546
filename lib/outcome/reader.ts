import type { AnyCommands, EventDefinition } from '../definition/index.js'
import { parseUuid } from '../definition/uuid.js'
import type { RecordedEvent } from '../store/contract.js'
import { parseJson, readMetadata } from './metadata.js'
import type { EventMetadata } from './metadata.js'
import { OutcomeCode } from './outcome.js'
import type { OutcomeEvent, StoredOutcome, Verdict } from './outcome.js'
import { streamNames } from './streams.js'
import type { StreamNames } from './streams.js'

/** What of a stored event tells of an outcome. */
export type RecordedOutcome = Pick<RecordedEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>

/** What one stored event tells about a command. */
export type Sighting =
  | { readonly kind: 'outcome', readonly comId: string, readonly stored: StoredOutcome }
  /** Some of the command's events are still to come. */
  | { readonly kind: 'part', readonly comId: string }
  /** The command has an outcome elsewhere: look it up. */
  | { readonly kind: 'hint', readonly comId: string }
  | UnusableOutcome
  /** Nothing that this project or the original writes. */
  | { readonly kind: 'foreign' }

/** It stands where an outcome stands, in the form of one, and nobody can answer by it. */
export interface UnusableOutcome {
  readonly kind: 'unusable'
  readonly comId: string
  readonly aggId?: string
  /** Stored name of the command, where the event tells it. */
  readonly command?: string
  /** What is wrong with it; for operators. */
  readonly reason: string
}

interface Gathering {
  readonly events: (OutcomeEvent | undefined)[]
  missing: number
  last: bigint
  command?: string
  fingerprint?: string
}

/** Commands of several events whose gathering is given up, oldest first, beyond this number; look-ups find them. */
const GATHERINGS = 10_000

/** The id of the command that caused the event: `$causationId`, or the event's own id where the original wrote it. */
export function commandOf (record: Pick<RecordedOutcome, 'id' | 'metadata'>): string {
  return readMetadata(record.metadata).comId ?? record.id
}

/**
 * Reads the outcomes of one aggregate type from stored events, in whatever order they come. Never throws: what it does
 * not know is `foreign`, and what it knows and cannot use is `unusable`.
 */
export class OutcomeReader {
  readonly #streams: StreamNames
  readonly #refusedName: string
  readonly #eventByStoredName: (stored: string) => EventDefinition | undefined
  readonly #gatherings = new Map<string, Gathering>()

  constructor (
    commands: AnyCommands,
    eventByStoredName: (stored: string) => EventDefinition | undefined = () => undefined
  ) {
    this.#streams = streamNames(commands.storedName)
    this.#refusedName = commands.refusedName
    this.#eventByStoredName = eventByStoredName
  }

  take (record: RecordedOutcome): Sighting {
    const metadata = readMetadata(record.metadata)
    const comId = metadata.comId ?? parseUuid(record.id)
    if (comId === undefined) return { kind: 'foreign' }
    if (record.stream === this.#streams.duplicate) {
      return record.type === 'Duplicate' ? { kind: 'hint', comId } : { kind: 'foreign' }
    }
    if (record.stream === this.#streams.fail) {
      if (record.type !== 'Fail') return { kind: 'foreign' }
      return metadata.announcement ? { kind: 'hint', comId } : this.#fail(comId, record, metadata)
    }
    const aggId = this.#streams.aggIdOf(record.stream)
    if (aggId === undefined) return { kind: 'foreign' }
    return record.type === this.#refusedName
      ? this.#refusal(comId, aggId, record, metadata)
      : this.#event(comId, aggId, record, metadata)
  }

  /** Whether it has the form of a refusal or a failure; whether it can be used is another question. */
  isVerdict ({ type }: Pick<RecordedOutcome, 'type'>): boolean {
    return type === this.#refusedName || type === 'Fail'
  }

  #fail (comId: string, record: RecordedOutcome, metadata: EventMetadata): Sighting {
    const message = parseJson(record.data)?.value
    if (typeof message !== 'string') return unusable(comId, metadata.aggId, metadata, 'its data are no JSON string')
    const verdict: Verdict = metadata.code !== undefined
      ? { status: 'failed', code: metadata.code, message, ...details(metadata.details) }
      : { status: 'refused', code: OutcomeCode.original, message }
    return outcome(comId, metadata.aggId, verdict, metadata)
  }

  #refusal (comId: string, aggId: string, record: RecordedOutcome, metadata: EventMetadata): Sighting {
    const data = parseJson(record.data)?.value
    if (data === null || typeof data !== 'object') return unusable(comId, aggId, metadata, 'its data are no JSON object')
    const { kind, code, message, details: more } = data as Record<string, unknown>
    if (kind !== 'refused' && kind !== 'failed') return unusable(comId, aggId, metadata, 'its kind is neither refused nor failed')
    if (typeof code !== 'string' || typeof message !== 'string') return unusable(comId, aggId, metadata, 'its code or its message is no text')
    return outcome(comId, aggId, { status: kind, code, message, ...details(more) }, metadata)
  }

  #event (comId: string, aggId: string, record: RecordedOutcome, metadata: EventMetadata): Sighting {
    const { index = 0, count = 1 } = metadata
    if (index >= count) return unusable(comId, aggId, metadata, 'its index is not below its count')
    const event = this.#outcomeEvent(record)
    const revision = record.revision + BigInt(count - 1 - index)
    if (count === 1) return outcome(comId, aggId, { status: 'succeeded', revision, events: [event] }, metadata)
    return this.#gather(comId, aggId, { index, count, event, revision, metadata })
  }

  #gather (comId: string, aggId: string, part: {
    index: number, count: number, event: OutcomeEvent, revision: bigint, metadata: EventMetadata
  }): Sighting {
    const key = `${aggId}/${comId}`
    let gathering = this.#gatherings.get(key)
    if (gathering === undefined || gathering.events.length !== part.count || gathering.last !== part.revision) {
      gathering = { events: new Array(part.count), missing: part.count, last: part.revision }
      this.#gatherings.set(key, gathering)
      if (this.#gatherings.size > GATHERINGS) this.#gatherings.delete(this.#gatherings.keys().next().value!)
    }
    if (gathering.events[part.index] === undefined) gathering.missing--
    gathering.events[part.index] = part.event
    if (part.metadata.command !== undefined) gathering.command = part.metadata.command
    if (part.metadata.fingerprint !== undefined) gathering.fingerprint = part.metadata.fingerprint
    if (gathering.missing > 0) return { kind: 'part', comId }
    this.#gatherings.delete(key)
    const events = gathering.events as OutcomeEvent[]
    return outcome(comId, aggId, { status: 'succeeded', revision: gathering.last, events }, gathering)
  }

  #outcomeEvent (record: RecordedOutcome): OutcomeEvent {
    const stored = parseJson(record.data)?.value
    const definition = this.#eventByStoredName(record.type)
    return definition === undefined
      ? { type: record.type, data: stored }
      : { type: definition.name, data: definition.fromStored(stored) }
  }
}

function outcome (
  comId: string, aggId: string | undefined, verdict: Verdict, from: { command?: string, fingerprint?: string }
): Sighting {
  return {
    kind: 'outcome',
    comId,
    stored: {
      comId,
      verdict,
      ...(aggId !== undefined && { aggId }),
      ...(from.command !== undefined && { command: from.command }),
      ...(from.fingerprint !== undefined && { fingerprint: from.fingerprint })
    }
  }
}

function unusable (comId: string, aggId: string | undefined, { command }: EventMetadata, reason: string): UnusableOutcome {
  return { kind: 'unusable', comId, ...(aggId !== undefined && { aggId }), ...(command !== undefined && { command }), reason }
}

function details (value: unknown): { details?: unknown } {
  return value === undefined ? {} : { details: value }
}
