import { parseUuid } from '../definition/uuid.js'

/** What the metadata of the stored events tell, as far as they tell it: the original's events have none. */
export interface EventMetadata {
  readonly aggId?: string
  /** The command that caused the event. */
  readonly comId?: string
  /** Place of the event among those of its command, from 0. */
  readonly index?: number
  /** How many events the command has. */
  readonly count?: number
  /** Stored name of the command; on the first event only. */
  readonly command?: string
  /** SHA-256 of the command's canonical JSON; on the first event only. */
  readonly fingerprint?: string
  /** Of a verdict in the fail stream, which has only the message as its data. */
  readonly code?: string
  readonly details?: unknown
  /** The event repeats an outcome for the original's senders and decides nothing. */
  readonly announcement?: boolean
}

/**
 * The metadata's text. `$correlationId` stands first and without blanks: the original cuts the id out at bytes
 * 19 to 55, and PinnedByCorrelation scans no further than the first closing brace.
 */
export function writeMetadata (metadata: EventMetadata): Uint8Array {
  const { aggId, comId, ...own } = metadata
  return Buffer.from(JSON.stringify({
    ...(aggId !== undefined && { $correlationId: aggId }),
    ...(comId !== undefined && { $causationId: comId }),
    ...own
  }))
}

/** Takes whatever stands there: what is missing or of another kind is left out. */
export function readMetadata (bytes: Uint8Array): EventMetadata {
  const json = parseJson(bytes)
  if (json === undefined || json.value === null || typeof json.value !== 'object') return {}
  const raw = json.value as Record<string, unknown>
  const aggId = parseUuid(raw.$correlationId)
  const comId = parseUuid(raw.$causationId)
  return {
    ...(aggId !== undefined && { aggId }),
    ...(comId !== undefined && { comId }),
    ...(isCount(raw.index) && { index: raw.index }),
    ...(isCount(raw.count) && { count: raw.count }),
    ...(typeof raw.command === 'string' && { command: raw.command }),
    ...(typeof raw.fingerprint === 'string' && { fingerprint: raw.fingerprint }),
    ...(typeof raw.code === 'string' && { code: raw.code }),
    ...(raw.details !== undefined && { details: raw.details }),
    ...(raw.announcement === true && { announcement: true })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The parsed JSON in a box, since `null` is JSON too; undefined where the bytes are none. */
export function parseJson (bytes: Uint8Array): { value: unknown } | undefined {
  if (bytes.length === 0) return undefined
  try {
    return { value: JSON.parse(utf8.decode(bytes)) }
  } catch {
    return undefined
  }
}

/** No command has more events; a larger number is not ours and must not size anything. */
const MOST_EVENTS = 1_000_000

function isCount (value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_EVENTS
}
