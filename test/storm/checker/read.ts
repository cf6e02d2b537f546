import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { RecordedEvent } from '@kurrent/kurrentdb-client'
import type { AggregateType } from '../history.js'
import type { Stored, Streams } from './streams.js'

/** Reads what the store holds of these types, by the official client: their streams, and what their groups have parked. */
export async function readStreams (connectionString: string, types: readonly AggregateType[]): Promise<Streams> {
  const client = KurrentDBClient.connectionString(connectionString)
  const streams = new Map<string, Stored[]>()
  try {
    for await (const { event } of client.readAll()) {
      if (event === undefined || !isWanted(event.streamId, types)) continue
      const events = streams.get(event.streamId)
      if (events === undefined) streams.set(event.streamId, [storedOf(event)])
      else events.push(storedOf(event))
    }
    // By its own name, since what was replayed is cut off there, and is in $all still.
    for (const type of types) {
      const stream = parkedStream(type)
      streams.set(stream, await readParked(client, stream))
    }
    return streams
  } finally {
    await client.dispose()
  }
}

function isWanted (stream: string, types: readonly AggregateType[]): boolean {
  return types.some(({ name }) => stream === name || stream.startsWith(`${name}-`))
}

function parkedStream ({ name, group }: AggregateType): string {
  return `$persistentsubscription-${name}::${group}-parked`
}

async function readParked (client: KurrentDBClient, stream: string): Promise<Stored[]> {
  const events: Stored[] = []
  try {
    for await (const { event } of client.readStream(stream)) {
      if (event !== undefined) events.push(storedOf(event))
    }
  } catch (error) {
    if ((error as { type?: string }).type !== 'stream-not-found') throw error
  }
  return events
}

function storedOf ({ streamId, revision, id, type, data, metadata, created }: RecordedEvent): Stored {
  return { stream: streamId, revision: Number(revision), id, type, data, metadata, created: created.getTime() }
}
