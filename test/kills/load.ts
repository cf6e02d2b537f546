import { randomUUID } from 'node:crypto'
import { jsonEvent, type AppendResult, type KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Chance } from '../harness/chance.js'
import { attempt, manyEvents, someEvents, type Attempt, type History, type StreamHistory } from './history.js'

const EXACT_WRITERS = 6
const ANY_WRITERS = 4
const SHARED_STREAMS = 2

/** So many of a hundred appends of one writer come in several messages. */
const LARGE_PERCENT = 10

/** Whether the store was killed meanwhile: then an error says nothing. */
type Killed = () => boolean

/** Writers of all kinds at once, until the store is killed. Each error before that is a finding. */
export async function load (client: KurrentDBClient, history: History, chance: Chance, round: number, killed: Killed): Promise<void> {
  const writers: Promise<void>[] = []
  for (let n = 0; n < EXACT_WRITERS; n++) writers.push(exactWriter(history.stream(`kx${round}-${n}`), n))
  for (let n = 0; n < ANY_WRITERS; n++) writers.push(anyWriter(history.stream(`ka${round}-${n % SHARED_STREAMS}`), n))
  writers.push(exactWriter(history.stream('feed'), 0), existingWriter(), metadataWriter(), deleter())
  await Promise.all(writers)

  async function until (act: (n: number) => Promise<void>): Promise<void> {
    for (let n = 0; !killed(); n++) {
      try {
        await act(n)
      } catch (error) {
        if (!killed()) throw error
      }
    }
  }

  /** Each append at the exact revision; now and then one of before is sent again, and must be known. */
  async function exactWriter (stream: StreamHistory, n: number): Promise<void> {
    const way = n % 3 === 0 ? { credentials: { username: 'ann', password: 'secret' } } : {}
    await until(async () => {
      const last = stream.attempts.at(-1)
      if (last?.fate === 'open') throw new Error(`${stream.name}: nobody knows what became of the last append`)
      if (last !== undefined && chance.percent(10)) {
        await sendAgain(client, stream, chance.pick(stream.attempts))
        return
      }
      const events = n === 1 && chance.percent(LARGE_PERCENT) ? manyEvents(chance) : someEvents(chance, 5)
      const next = attempt(events, last?.revision ?? -1n)
      stream.attempts.push(next)
      confirm(next, await client.appendToStream(stream.name, [...events], { ...way, streamState: expected(next) }))
    })
  }

  async function anyWriter (stream: StreamHistory, n: number): Promise<void> {
    const state = n % 2 === 0 ? {} : { streamState: 'any' as const }
    await until(async () => {
      const next = attempt(someEvents(chance, 3))
      stream.attempts.push(next)
      confirm(next, await client.appendToStream(stream.name, [...next.events], state))
    })
  }

  async function existingWriter (): Promise<void> {
    const stream = history.stream(`ke${round}-0`)
    await until(async () => {
      const next = attempt(someEvents(chance, 2), stream.attempts.length === 0 ? -1n : undefined)
      stream.attempts.push(next)
      confirm(next, await client.appendToStream(stream.name, [...next.events], { streamState: stream.attempts.length === 1 ? 'no_stream' : 'stream_exists' }))
    })
  }

  async function metadataWriter (): Promise<void> {
    const kept = { stream: `km${round}-0`, confirmed: -1, open: undefined as number | undefined }
    history.metadata.push(kept)
    await until(async (n) => {
      kept.open = n
      await client.setStreamMetadata(kept.stream, { n })
      kept.confirmed = n
      kept.open = undefined
    })
  }

  async function deleter (): Promise<void> {
    await until(async (n) => {
      const stream = history.stream(`kd${round}-${n}`)
      const first = attempt([jsonEvent({ id: randomUUID(), type: 'Doomed', data: { n } })], -1n)
      stream.attempts.push(first)
      confirm(first, await client.appendToStream(stream.name, [...first.events], { streamState: 'no_stream' }))
      const deletion = { stream: stream.name, kind: chance.percent(50) ? 'soft' as const : 'tombstone' as const, fate: 'open' as 'open' | 'confirmed' }
      history.deletions.push(deletion)
      if (deletion.kind === 'soft') await client.deleteStream(stream.name)
      else await client.tombstoneStream(stream.name)
      deletion.fate = 'confirmed'
    })
  }
}

/** An append at an exact revision that was sent before: nothing is written twice, whatever became of it then. */
export async function sendAgain (client: KurrentDBClient, stream: StreamHistory, sent: Attempt): Promise<void> {
  const before = { ...sent }
  confirm(sent, await client.appendToStream(stream.name, [...sent.events], { streamState: expected(sent) }))
  if (before.fate === 'confirmed' && (before.revision !== sent.revision || before.position !== sent.position)) {
    throw new Error(`${stream.name}: an append at revision ${sent.after} stood up to ${before.revision} at ${before.position}, ` +
      `and was answered up to ${sent.revision} at ${sent.position} when it was sent again`)
  }
}

function expected ({ after }: Attempt): 'no_stream' | bigint {
  return after === undefined || after < 0n ? 'no_stream' : after
}

function confirm (sent: Attempt, { nextExpectedRevision, position }: AppendResult): void {
  sent.fate = 'confirmed'
  sent.revision = nextExpectedRevision
  sent.position = position?.commit
}
