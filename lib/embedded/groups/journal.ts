import { randomUUID } from 'node:crypto'
import type { LogRecord, Resolved } from '../log/record.js'
import type { AppendRequest, AppendResult, NewRecord } from '../streams/append.js'

/** What groups need of the streams: their sources stand there, and so does everything that groups remember. */
export interface Journal {
  append (request: AppendRequest): Promise<AppendResult>
  /** The last confirmed revision of a stream, also of a deleted one; -1n when there never was one. */
  head (stream: string): bigint
  state (stream: string): 'none' | 'live' | 'soft-deleted' | 'tombstoned'
  readForwards (stream: string, from: bigint, count: number): Promise<LogRecord[]>
  readBackwards (stream: string, from: bigint, count: number): Promise<LogRecord[]>
  resolve (record: LogRecord): Promise<Resolved>
  /** Makes the JSON the stream's metadata, all of it. */
  setMetadata (stream: string, json: string): Promise<unknown>
  softDelete (stream: string): Promise<unknown>
}

const NOTHING = new Uint8Array()

/** Writes events that the server itself makes, wherever the stream stands. */
export async function record (journal: Journal, stream: string, events: readonly Omit<NewRecord, 'id'>[]): Promise<void> {
  const result = await journal.append({
    stream,
    expected: 'any',
    events: events.map((event) => ({ ...event, id: randomUUID() })),
  })
  if (result.kind !== 'written') throw new Error(`${stream} could not be written: ${result.kind}`)
}

/** An event whose data is a value as JSON. */
export function jsonRecord (type: string, value: unknown): Omit<NewRecord, 'id'> {
  return { type, json: true, data: Buffer.from(JSON.stringify(value)), metadata: NOTHING }
}

/** The last event of a stream as JSON; nothing when there is none, or it is no JSON. */
export async function lastJson (journal: Journal, stream: string): Promise<unknown> {
  const head = journal.head(stream)
  if (head < 0n) return undefined
  const [last] = await journal.readBackwards(stream, head, 1)
  if (last === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(last.data).toString('utf8'))
  } catch {
    return undefined
  }
}
