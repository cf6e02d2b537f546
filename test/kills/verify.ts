import { ErrorType, type KurrentDBClient, type RecordedEvent, type ResolvedEvent } from '@kurrent/kurrentdb-client'
import { until } from '../harness/until.js'
import type { Deletion, History, MetadataHistory, StreamHistory } from './history.js'

/** Reads all of a stream; nothing when there is none. */
export async function readAll (client: KurrentDBClient, stream: string, options: object = {}): Promise<ResolvedEvent[] | undefined> {
  const found: ResolvedEvent[] = []
  try {
    for await (const event of client.readStream(stream, { maxCount: Number.MAX_SAFE_INTEGER, ...options })) found.push(event)
  } catch (error) {
    const { type } = error as { type?: ErrorType }
    if (type === ErrorType.STREAM_NOT_FOUND || type === ErrorType.STREAM_DELETED) return undefined
    throw error
  }
  return found
}

/** Everything confirmed is there, in place and byte for byte; of what nobody answered all or nothing is there; and nothing else. */
export function verifyStream ({ name, attempts }: StreamHistory, found: readonly ResolvedEvent[]): void {
  const places = new Map(found.map(({ event }, place) => [event!.id, place]))
  if (places.size !== found.length) throw new Error(`${name}: an event stands there twice`)
  let known = 0
  for (const one of attempts) {
    const first = places.get(one.events[0]!.id)
    if (first === undefined && one.fate === 'open' && !one.events.some(({ id }) => places.has(id))) one.fate = 'gone'
    if (one.fate === 'gone') {
      if (first !== undefined) throw new Error(`${name}: an append came to be that was not there before`)
      continue
    }
    if (first === undefined) throw new Error(`${name}: what was confirmed up to revision ${one.revision} is not there`)
    for (const [index, sent] of one.events.entries()) verifyEvent(name, sent, found[first + index]?.event)
    const last = found[first + one.events.length - 1]!.event!
    if (one.fate === 'open') Object.assign(one, { fate: 'confirmed', revision: last.revision, position: last.position?.commit })
    if (last.revision !== one.revision || last.position?.commit !== one.position) {
      throw new Error(`${name}: an append that was confirmed up to ${one.revision} at ${one.position} stands up to ${last.revision} at ${last.position?.commit}`)
    }
    known += one.events.length
  }
  if (known !== found.length) throw new Error(`${name}: ${found.length - known} events of which nobody knows`)
}

function verifyEvent (stream: string, sent: StreamHistory['attempts'][number]['events'][number], found: RecordedEvent | undefined): void {
  if (found === undefined || found.id !== sent.id) throw new Error(`${stream}: a part of an append is missing`)
  const same = found.type === sent.type && found.isJson === (sent.contentType === 'application/json') &&
    sameContent(sent.data, found.data) && sameContent(sent.metadata, found.metadata)
  if (!same) throw new Error(`${stream}: event ${found.id} is not as it was sent`)
}

function sameContent (sent: unknown, found: unknown): boolean {
  if (sent instanceof Uint8Array) return Buffer.from(sent).equals(found as Uint8Array | undefined ?? Buffer.alloc(0))
  if (sent === undefined) return found === undefined || (found as Uint8Array).length === 0
  return JSON.stringify(sent) === JSON.stringify(found)
}

export async function verifyMetadata (client: KurrentDBClient, kept: MetadataHistory): Promise<void> {
  const { metadata } = await client.getStreamMetadata<{ n?: number }>(kept.stream)
  const found = metadata?.n ?? -1
  if (found !== kept.confirmed && found !== kept.open) throw new Error(`${kept.stream}: its metadata is ${found}; confirmed was ${kept.confirmed}`)
  kept.confirmed = found
  kept.open = undefined
}

/** @param found what was read there; nothing when there was no such stream */
export function verifyDeletion (deletion: Deletion, found: readonly ResolvedEvent[] | undefined): void {
  if (deletion.fate === 'open') deletion.fate = found === undefined ? 'confirmed' : 'gone'
  if ((deletion.fate === 'confirmed') !== (found === undefined)) throw new Error(`${deletion.stream}: its deletion was ${deletion.fate}, and it is ${found === undefined ? '' : 'not '}gone`)
}

/** Each event of the streams of a category has one link, in the order of the log. */
export async function verifyLinks (client: KurrentDBClient, history: History, category: string): Promise<number> {
  const expected: { id: string, position: bigint }[] = []
  for (const { name, attempts } of history.streams.values()) {
    if (!name.startsWith(`${category}-`)) continue
    for (const { fate, events, position } of attempts) {
      if (fate === 'confirmed') events.forEach(({ id }, index) => { expected.push({ id, position: (position ?? 0n) * 1000n + BigInt(index) }) })
    }
  }
  expected.sort((a, b) => (a.position < b.position ? -1 : 1))
  if (expected.length === 0) return 0
  const links = await until(async () => {
    const found = await readAll(client, `$ce-${category}`, { resolveLinkTos: true }) ?? []
    return found.length >= expected.length ? found : undefined
  })
  if (links.length !== expected.length) throw new Error(`$ce-${category}: ${links.length} links for ${expected.length} events`)
  const wrong = links.findIndex(({ event }, index) => event?.id !== expected[index]!.id)
  if (wrong !== -1) throw new Error(`$ce-${category}: link ${wrong} leads to ${links[wrong]!.event?.id}, and should to ${expected[wrong]!.id}`)
  return links.length
}
