import { randomUUID } from 'node:crypto'
import {
  StreamDeletedError, WrongExpectedVersionError, jsonEvent,
  type AppendStreamState, type JSONEventType, type KurrentDBClient
} from '@kurrent/kurrentdb-client'
import { rejection } from './consumer.js'

type Event = ReturnType<typeof jsonEvent<JSONEventType>>

/** The two calls by which a client appends; credentials of the call make the official client choose the older one. */
export type Path = 'BatchAppend' | 'Append'

export const PATHS: readonly Path[] = ['BatchAppend', 'Append']

/** The kinds of streams that an append can meet. All but the first two hold three events. */
export const KINDS = ['new', 'with metadata only', 'live', 'soft-deleted', 'tombstoned'] as const

export type Kind = typeof KINDS[number]

export type Answer = { written: bigint } | { conflict: bigint | 'no_stream', expected: unknown } | 'deleted'

export function event (id: string = randomUUID(), data: Record<string, unknown> = {}): Event {
  return jsonEvent({ id, type: 'Tried', data })
}

export function events (count: number): Event[] {
  return Array.from({ length: count }, () => event())
}

/** Makes a stream of a kind, and tells its name. */
export async function streamOf (client: KurrentDBClient, kind: Kind, name = `kind-${randomUUID()}`): Promise<string> {
  if (kind === 'new') return name
  if (kind === 'with metadata only') {
    await client.setStreamMetadata(name, { owner: 'Ann' })
    return name
  }
  await client.appendToStream(name, events(3), { streamState: 'no_stream' })
  if (kind === 'soft-deleted') await client.deleteStream(name)
  if (kind === 'tombstoned') await client.tombstoneStream(name)
  return name
}

/** Appends, and says in one word what the server answered. Any other error is the test's. */
export async function append (client: KurrentDBClient, path: Path, stream: string, appended: Event[], streamState: AppendStreamState): Promise<Answer> {
  const credentials = path === 'Append' ? { credentials: { username: 'ann', password: 'secret' } } : {}
  let revision: bigint | undefined
  const error = await rejection(client.appendToStream(stream, appended, { streamState, ...credentials })
    .then(({ nextExpectedRevision }) => { revision = nextExpectedRevision }))
  if (revision !== undefined) return { written: revision }
  if (error instanceof StreamDeletedError) return 'deleted'
  if (error instanceof WrongExpectedVersionError) return { conflict: error.actualState, expected: error.expectedState }
  throw error
}
