import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { RecordedEvent } from '@kurrent/kurrentdb-client'
import { setTimeout as wait } from 'node:timers/promises'
import { between, LOOK, send, until, workersOf } from './scene.js'
import type { Scene, Strike } from './scene.js'

const GROUP = 'UniStream'

/** Many more commands of one aggregate than a worker may hold. */
const FILL = 200
/** Milliseconds: with what follows less than the store waits for an acknowledgement. */
const MOST_FILLING = 1_000
const OTHERS_GO_ON = [200, 500] as const
/** Milliseconds until there has been a checkpoint. */
const CHECKPOINTED = 2_100
/** Aggregates whose commands others decide meanwhile. */
const BESIDE = 30
/** How far below a checkpoint is looked for commands that the group has lost. */
const LOOK_BACK = 600

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

async function headOf (client: KurrentDBClient, stream: string): Promise<number> {
  let head = 0
  const last = client.readStream(stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1 })
  for await (const { event } of last) head = Number(event?.revision ?? 0)
  return head
}

/**
 * A worker stands still and is full, while others go on. Then it finishes what it holds, and stands still again with some of what had stayed
 * behind: these count as given out late, and older servers' checkpoint passes whatever still stays. Then the store is killed, and what
 * was passed is never delivered: so the workers must find it. How much that is is counted before they can.
 */
export const commandsLost: Strike = async (scene, fault) => {
  const { fleet, chronicle, clients, plan, suffix, loses } = scene
  const store = fleet.store!
  const others = plan.poisonable.slice(0, BESIDE)
  fleet.decider.delete(plan.hot)
  send(scene, plan.hot, 'Deposit', { amount: 1 }).catch(() => {})
  await until('nobody decides for the hot aggregate', () => fleet.decider.has(plan.hot))
  const hot = workersOf(scene).find(({ member }) => member.name === fleet.decider.get(plan.hot)) ?? workersOf(scene)[0]!
  await store.exclusively(async () => await hot.member.exclusively(async () => {
    await Promise.all([store.untilReady(), hot.member.untilReady()])
    const start = chronicle.now()
    const lost: string[] = []
    try {
      hot.member.freeze()
      await withClient(scene, async client => {
        const stream = `Transaction${suffix}`
        const full = await headOf(client, stream) + FILL
        for (let i = 0; i < FILL; i++) send(scene, plan.hot, 'Deposit', { amount: 1 }).catch(() => {})
        for (const late = chronicle.now() + MOST_FILLING; await headOf(client, stream) < full && chronicle.now() < late;) await wait(LOOK)
      })
      for (const aggId of others) send(scene, aggId, 'Deposit', { amount: 1 }).catch(() => {})
      await wait(between(...OTHERS_GO_ON, fault.length))
      fleet.decider.delete(plan.hot)
      hot.member.thaw()
      await until('the worker did not go on', () => fleet.decider.get(plan.hot) === hot.member.name)
      hot.member.freeze()
      await wait(CHECKPOINTED)
      // Nobody may look for them before they are counted.
      await Promise.all(fleet.apps.map(({ relay }) => relay?.refuse()))
      await store.kill(0)
      await store.untilReady()
      lost.push(...await withClient(scene, async client => await findLost(scene, client)))
      clients.giveUp(lost.map(key => key.slice(key.lastIndexOf('/') + 1)))
    } finally {
      await Promise.all(fleet.apps.map(({ relay }) => relay?.accept()))
      hot.member.thaw()
      chronicle.fault('commands_lost', start, ['store', hot.member.name], { lost })
    }
    if (loses && lost.length === 0) throw new Error('the store has lost nothing')
  }))
}

/** By type, aggregate and id. */
async function findLost ({ suffix }: Scene, client: KurrentDBClient): Promise<string[]> {
  const lost: string[] = []
  for (const type of [`Transaction${suffix}`, `Account${suffix}`]) {
    const { stats } = await client.getPersistentSubscriptionToStreamInfo(type, GROUP)
    const checkpoint = stats.lastCheckpointedEventRevision
    if (checkpoint === undefined) continue
    const below = client.readStream(type, { direction: 'backwards', fromRevision: checkpoint, maxCount: LOOK_BACK })
    const kept = await parked(client, type)
    const wanted = new Map<string, Set<string>>()
    for await (const { event } of below) {
      const aggId = (event?.metadata as { $correlationId?: string } | undefined)?.$correlationId
      if (event === undefined || aggId === undefined || kept.has(Number(event.revision))) continue
      wanted.set(aggId, (wanted.get(aggId) ?? new Set()).add(event.id))
    }
    for (const [aggId, comIds] of wanted) {
      for (const comId of await decided(client, `${type}-${aggId}`)) comIds.delete(comId)
      for (const comId of comIds) lost.push(`${type}/${aggId}/${comId}`)
    }
  }
  return lost
}

/** What a worker has put aside, as its version does not know it: by revision. */
async function parked (client: KurrentDBClient, type: string): Promise<Set<number>> {
  const revisions = new Set<number>()
  await eachOf(client, `$persistentsubscription-${type}::${GROUP}-parked`, ({ data }) => { revisions.add(Number.parseInt(Buffer.from(data as Uint8Array).toString())) })
  return revisions
}

async function decided (client: KurrentDBClient, stream: string): Promise<Set<string>> {
  const comIds = new Set<string>()
  await eachOf(client, stream, ({ metadata }) => { comIds.add(String((metadata as { $causationId?: string } | undefined)?.$causationId)) })
  return comIds
}

async function eachOf (client: KurrentDBClient, stream: string, see: (event: RecordedEvent) => void): Promise<void> {
  try {
    for await (const { event } of client.readStream(stream)) if (event !== undefined) see(event)
  } catch (error) {
    if ((error as { type?: string }).type !== 'stream-not-found') throw error
  }
}
