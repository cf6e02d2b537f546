import type { KurrentDBClient, RecordedEvent } from '@kurrent/kurrentdb-client'
import { setTimeout as wait } from 'node:timers/promises'
import type { App } from '../fleet.js'
import type { Member } from '../member.js'
import { isClosed } from './plants.js'
import { between, send, until, within, workersOf } from './scene.js'
import type { Scene, Strike } from './scene.js'
import { GROUP, headOf, withClient } from './store.js'

/** Many more commands of one aggregate than a worker may hold. */
const FILL = 200
/** Milliseconds: with what follows less than the store waits for an acknowledgement. */
const MOST_FILLING = 1_000
const OTHERS_GO_ON = [200, 500] as const
/** Milliseconds: a worker that moves for so long finishes some of what it holds, and not much more than that. */
const MOMENT = 25
const MOST_GOING_ON = 3_000
/** Milliseconds until there has been a checkpoint. */
const CHECKPOINTED = 2_100
/** Milliseconds until it has passed what stays: less than keeps the connection of a worker that stands still. */
const MOST_PASSING = 6_000
/** Aggregates whose commands others decide meanwhile. */
const BESIDE = 30
/** How far below a checkpoint is looked for commands that the group has lost. */
const LOOK_BACK = 600

/**
 * A worker stands still and is full, while others go on. Then it finishes what it holds, and stands still again with some of what had stayed
 * behind: these count as given out late, and older servers' checkpoint passes whatever still stays. Then the store is killed, and what
 * was passed is never delivered: so the workers must find it. How much that is is counted before they can.
 */
export const commandsLost: Strike = async (scene, fault) => {
  const { fleet, chronicle, clients, plan, suffix, loses } = scene
  const store = fleet.store!
  const stream = `Transaction${suffix}`
  // Whoever else stands still keeps the checkpoint where it is.
  await untouched([...fleet.workers.map(({ member }) => member), store], async () => {
    await Promise.all([store, ...workersOf(scene).map(({ member }) => member)].map(async member => { await member.untilReady() }))
    fleet.decider.delete(plan.hot)
    send(scene, plan.hot, 'Deposit', { amount: 1 }).catch(() => {})
    await until('nobody decides for the hot aggregate', () => fleet.decider.has(plan.hot))
    const hot = workersOf(scene).find(({ member }) => member.name === fleet.decider.get(plan.hot)) ?? workersOf(scene)[0]!
    const start = chronicle.now()
    const lost: string[] = []
    try {
      await withClient(scene, async client => {
        hot.member.freeze()
        const full = await headOf(client, stream) + FILL
        for (let i = 0; i < FILL; i++) send(scene, plan.hot, 'Deposit', { amount: 1 }).catch(() => {})
        await within(MOST_FILLING, async () => await headOf(client, stream) >= full)
        for (const aggId of plan.poisonable.slice(0, BESIDE)) send(scene, aggId, 'Deposit', { amount: 1 }).catch(() => {})
        await wait(between(...OTHERS_GO_ON, fault.length))
        await goOnALittle(client, stream, hot)
        // A server that loses nothing waits for it in vain.
        await within(loses ? MOST_PASSING : CHECKPOINTED, async () => await checkpointOf(client, stream) >= full)
      })
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
  })
}

/** Nothing else is done to these meanwhile. */
async function untouched (members: readonly Member[], action: () => Promise<void>): Promise<void> {
  await members.reduceRight((inner, member) => async () => { await member.exclusively(inner) }, action)()
}

/** A worker that stands still, and is full, moves for moments, until it has finished what it held, as is seen from its being given as much again. */
async function goOnALittle (client: KurrentDBClient, stream: string, { member }: App): Promise<void> {
  const { totalItems, inFlightMessages, availableSlots } = await consumerOf(client, stream, member)
  if (availableSlots > 0) throw new Error(`${member.name} is not full`)
  for (const late = performance.now() + MOST_GOING_ON; performance.now() < late;) {
    member.thaw()
    await wait(MOMENT)
    member.freeze()
    if ((await consumerOf(client, stream, member)).totalItems >= totalItems + BigInt(inFlightMessages)) return
  }
  throw new Error(`${member.name} does not go on`)
}

async function consumerOf (client: KurrentDBClient, stream: string, { name }: Member) {
  const consumer = (await infoOf(client, stream)).connections.find(({ connectionName }) => connectionName === name)
  if (consumer === undefined) throw new Error(`${name} gets nothing`)
  return consumer
}

async function checkpointOf (client: KurrentDBClient, stream: string): Promise<number> {
  return Number((await infoOf(client, stream)).stats.lastCheckpointedEventRevision ?? -1)
}

async function infoOf (client: KurrentDBClient, stream: string) {
  return await client.getPersistentSubscriptionToStreamInfo(stream, GROUP)
}

/** By type, aggregate and id: what could have an outcome, and has none. */
async function findLost ({ suffix }: Scene, client: KurrentDBClient): Promise<string[]> {
  const lost: string[] = []
  for (const type of [`Transaction${suffix}`, `Account${suffix}`]) {
    const { stats } = await infoOf(client, type)
    const checkpoint = stats.lastCheckpointedEventRevision
    if (checkpoint === undefined) continue
    const below = client.readStream(type, { direction: 'backwards', fromRevision: checkpoint, maxCount: LOOK_BACK })
    const kept = await parked(client, type)
    const failed = await decided(client, `${type}-Fail`)
    const wanted = new Map<string, Set<string>>()
    for await (const { event } of below) {
      const aggId = (event?.metadata as { $correlationId?: string } | undefined)?.$correlationId
      if (event === undefined || aggId === undefined || isClosed(aggId)) continue
      if (kept.has(Number(event.revision)) || failed.has(event.id)) continue
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
