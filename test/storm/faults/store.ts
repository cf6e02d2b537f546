import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { setTimeout as wait } from 'node:timers/promises'
import { between } from './scene.js'
import type { Scene, Strike } from './scene.js'

export const GROUP = 'UniStream'

/** Milliseconds that the storm waits for a store's answer: longer than it hangs, since appends to one that has died may never be answered. */
const ANSWERED = 40_000
const DISPOSED = 2_000

/** The storm's own client, for a while. */
export async function withClient<T> ({ fleet }: Scene, use: (client: KurrentDBClient) => Promise<T>): Promise<T> {
  const client = KurrentDBClient.connectionString(fleet.connectionString)
  const late = new AbortController()
  try {
    return await Promise.race([use(client), wait(ANSWERED, undefined, { signal: late.signal }).then(() => { throw new Error('the store did not answer') })])
  } finally {
    late.abort()
    await Promise.race([client.dispose(), wait(DISPOSED)])
  }
}

export const idsForgotten: Strike = async ({ fleet, chronicle }) => {
  const start = chronicle.now()
  await fleet.order({ do: 'forgetIds' })
  chronicle.fault('ids_forgotten', start, ['store'])
}

export const linksHeld: Strike = async (scene, { length }) => {
  await withLinksHeld(scene, async () => { await wait(between(500, 6_000, length)) })
}

let holding: Promise<unknown> = Promise.resolve()

/** One after the other, since whoever lets them go lets all go. */
export async function withLinksHeld ({ fleet, chronicle }: Scene, meanwhile: () => Promise<void>): Promise<void> {
  const done = holding.then(async () => {
    const start = chronicle.now()
    await fleet.order({ do: 'holdLinks' })
    try {
      await meanwhile()
    } finally {
      // A store that has died holds nothing any more.
      await fleet.order({ do: 'releaseLinks' }).catch(() => {})
      chronicle.fault('links_held', start, ['store'])
    }
  })
  holding = done.catch(() => {})
  await done
}

/** The last commands come again, acknowledged or not. */
export const redelivery: Strike = async (scene, { whom, length }) => {
  const { fleet, chronicle, suffix } = scene
  const start = chronicle.now()
  const stream = `${whom < 0.8 ? 'Transaction' : 'Account'}${suffix}`
  const head = await withClient(scene, async client => await headOf(client, stream))
  const from = Math.max(0, head - between(20, 400, length))
  await fleet.order({ do: 'redeliver', stream, group: GROUP, from })
  chronicle.fault('redelivery', start, ['store'], { stream, from })
}

export async function headOf (client: KurrentDBClient, stream: string): Promise<number> {
  let head = 0
  const last = client.readStream(stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1 })
  for await (const { event } of last) head = Number(event?.revision ?? 0)
  return head
}
