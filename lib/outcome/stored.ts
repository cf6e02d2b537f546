import type { CommandDefinition, EventDefinition } from '../definition/index.js'
import { uuidV5 } from '../definition/uuid.js'
import type { NewEvent } from '../store/contract.js'
import { writeMetadata } from './metadata.js'
import type { FailedVerdict, RefusedVerdict } from './outcome.js'

/** Which command caused what is stored. */
export interface Cause {
  readonly aggId: string
  readonly comId: string
  /** Stored name of the command. */
  readonly command?: string
  readonly fingerprint?: string
}

/** The command as the command stream holds it. The data must have passed the definition's check. */
export function commandEvent (definition: CommandDefinition, key: { aggId: string, comId: string }, data: unknown): NewEvent {
  return {
    id: key.comId,
    type: definition.storedName,
    data: Buffer.from(definition.toStored(data)),
    metadata: writeMetadata({ aggId: key.aggId })
  }
}

/** The events of one success, in order. Their data must have passed their definitions' checks. */
export function successEvents (cause: Cause, events: readonly { definition: EventDefinition, data: unknown }[]): NewEvent[] {
  return events.map(({ definition, data }, index) =>
    outcomeEvent(cause, index, events.length, definition.storedName, definition.toStored(data)))
}

/** A refusal or a failure as it stands in the aggregate's stream. */
export function verdictEvent (cause: Cause, refusedName: string, verdict: RefusedVerdict | FailedVerdict): NewEvent {
  const { status: kind, code, message, details } = verdict
  return outcomeEvent(cause, 0, 1, refusedName, JSON.stringify({ kind, code, message, details }))
}

/**
 * The id comes from the content, since at an exact revision below the head the store takes equal ids for a repetition
 * even where the data differ: so a confirmed append means that exactly these events stand there.
 */
function outcomeEvent (cause: Cause, index: number, count: number, type: string, data: string): NewEvent {
  const { aggId, comId, command, fingerprint } = cause
  return {
    id: uuidV5(comId, `${index}/${count}:${type}:${data}`),
    type,
    data: Buffer.from(data),
    metadata: writeMetadata({
      aggId,
      comId,
      index,
      count,
      ...(index === 0 && command !== undefined && { command }),
      ...(index === 0 && fingerprint !== undefined && { fingerprint })
    })
  }
}

/** A failure of a command that has no aggregate stream to stand in. */
export function failEvent (cause: Omit<Cause, 'aggId'> & { aggId?: string }, verdict: FailedVerdict): NewEvent {
  const { code, message, details } = verdict
  return {
    id: cause.comId,
    type: 'Fail',
    data: Buffer.from(JSON.stringify(message)),
    metadata: writeMetadata({
      ...(cause.aggId !== undefined && { aggId: cause.aggId }),
      comId: cause.comId,
      ...(cause.command !== undefined && { command: cause.command }),
      ...(cause.fingerprint !== undefined && { fingerprint: cause.fingerprint }),
      code,
      ...(details !== undefined && { details })
    })
  }
}

/** A refusal once more, for the original's senders; it decides nothing. */
export function announcedRefusal (key: { aggId: string, comId: string }, message: string): NewEvent {
  return { ...announcement(key), type: 'Fail', data: Buffer.from(JSON.stringify(message)) }
}

/** A success once more, for the original's senders; it decides nothing. */
export function announcedSuccess (key: { aggId: string, comId: string }): NewEvent {
  return { ...announcement(key), type: 'Duplicate', data: new Uint8Array() }
}

function announcement ({ aggId, comId }: { aggId: string, comId: string }): Pick<NewEvent, 'id' | 'metadata'> {
  return { id: comId, metadata: writeMetadata({ aggId, comId, announcement: true }) }
}
