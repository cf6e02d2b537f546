import { binaryEvent, jsonEvent } from '@kurrent/kurrentdb-client'
import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { count } from '../chronicle.js'
import { FAIL } from '../fault-plan.js'
import type { Planted } from '../history.js'
import { one } from './scene.js'
import type { Scene, Strike } from './scene.js'
import { withClient, withLinksHeld } from './store.js'

/** Of the latest commands, among which one is chosen to be doubled. */
const LATEST = 200

/** Milliseconds for which it is tried again while the store is away. */
const PATIENCE = 20_000

type NewEvent = ReturnType<typeof jsonEvent> | ReturnType<typeof binaryEvent>

/** Puts events into a stream as somebody who is not of the fleet. */
async function plant (
  scene: Scene, client: KurrentDBClient, what: Planted['what'], stream: string, events: NewEvent[], aggId?: string
): Promise<void> {
  for (const { id, type } of events) scene.chronicle.planted({ stream, id, type, what, ...aggId !== undefined && { aggId } })
  await persistently(() => client.appendToStream(stream, events))
  count(scene.chronicle.faults, `plant_${what}`)
}

async function persistently (act: () => Promise<unknown>): Promise<void> {
  for (const until = performance.now() + PATIENCE; ; await wait(200)) {
    try {
      await act()
      return
    } catch (error) {
      if (performance.now() > until) throw error
    }
  }
}

const command = (type: string, data: object, aggId: string, id: string = randomUUID()) =>
  jsonEvent({ id, type, data: data as never, metadata: { $correlationId: aggId } })

const transactionOf = ({ plan }: Scene, whom: number) => one(plan.begin.filter(({ bankType }) => bankType === 'Transaction'), whom).aggId

/** A command that stands in the stream, or is just being sent, stands there once more: the same, or with another body. */
export const doubled: Strike = async (scene, { whom, form }) => {
  const { intent: { bankType, aggId, comId, command: name, body } } = one([...scene.clients.sent].slice(-LATEST), whom)
  const other = 'amount' in body && form < 0.4 ? { ...body, amount: 0.5 } : body
  // Behind a new one in one append the store takes ids that it knows.
  const first = bankType === 'Transaction' ? command('Deposit', { amount: 1 }, transactionOf(scene, form)) : command('LimitAccount', { limit: 321 }, aggId)
  await withClient(scene, async client => {
    await plant(scene, client, 'doubled', `${bankType}${scene.suffix}`, [first, command(name, other, aggId, comId)], aggId)
  })
}

/** Two under one id: the first one has a body that does not fit, and the second one, which is good, must not be lost by that. */
export const doubledUnfit: Strike = async (scene, { whom }) => {
  const aggId = transactionOf(scene, whom)
  const comId = randomUUID()
  await withClient(scene, async client => {
    await plant(scene, client, 'doubled_unfit', `Transaction${scene.suffix}`,
      [command('Deposit', { amount: 'much' }, aggId, comId), command('Deposit', { amount: 2 }, aggId, comId)], aggId)
  })
}

export const unknownCommand: Strike = async (scene, { whom }) => {
  const aggId = transactionOf(scene, whom)
  await withClient(scene, async client => {
    await plant(scene, client, 'unknown_command', `Transaction${scene.suffix}`, [command('Teleport', { to: 'Mars' }, aggId)], aggId)
  })
}

export const unreadableCommand: Strike = async (scene, { whom, form }) => {
  const aggId = transactionOf(scene, whom)
  const unreadable = form < 0.5
    ? binaryEvent({ type: 'Deposit', data: Buffer.from('{"amount":'), metadata: Buffer.from(JSON.stringify({ $correlationId: aggId })) })
    : command('Deposit', { amount: 'much' }, aggId)
  await withClient(scene, async client => {
    await plant(scene, client, 'unreadable_command', `Transaction${scene.suffix}`, [unreadable], aggId)
  })
}

export const unaddressedCommand: Strike = async (scene, { form }) => {
  const metadata = form < 0.5 ? {} : { $correlationId: 'nobody' }
  await withClient(scene, async client => {
    await plant(scene, client, 'unaddressed_command', `Transaction${scene.suffix}`,
      [jsonEvent({ type: 'Deposit', data: { amount: 5 }, metadata })])
  })
}

const closed = new Set<string>()

/** Whether a foreign event stands in the aggregate's stream. */
export function isClosed (aggId: string): boolean {
  return closed.has(aggId)
}

export const closing: Strike = async (scene, { whom }) => {
  const aggId = one(scene.plan.closable, whom)
  closed.add(aggId)
  await withClient(scene, async client => {
    await plant(scene, client, 'closing', `Transaction${scene.suffix}-${aggId}`, [jsonEvent({ type: 'SomethingForeign', data: { by: 'a migration' } })], aggId)
  })
}

export const noise: Strike = async (scene, { whom, form }) => {
  const stream = `Transaction${scene.suffix}-${form < FAIL ? 'Fail' : 'Duplicate'}`
  const event = whom < 0.5
    ? jsonEvent({ type: 'Noise', data: { of: 'somebody' } })
    : binaryEvent({ type: 'Fail', data: Buffer.from([0xff, 0xfe, 0x00]) })
  await withClient(scene, async client => { await plant(scene, client, 'noise', stream, [event]) })
}

/** Milliseconds until a link that is held no more stands. */
const LINKED = 5_000

/** What looks like an outcome, and is gone before its link is there: so it is delivered without an event. */
export const gone: Strike = async scene => {
  const aggId = randomUUID()
  const stream = `Transaction${scene.suffix}-${aggId}`
  const event = jsonEvent({
    type: 'DepositFinished',
    data: { accountId: aggId, amount: 1, balance: 1 },
    metadata: { $correlationId: aggId, $causationId: randomUUID(), index: 0, count: 1, command: 'Deposit' }
  })
  await withClient(scene, async client => {
    scene.chronicle.planted({ stream, id: event.id, type: event.type, what: 'gone', aggId })
    await persistently(() => withLinksHeld(scene, async () => {
      await client.appendToStream(stream, event)
      await client.deleteStream(stream)
    }))
    if (!await leadsNowhere(client, `$ce-Transaction${scene.suffix}`, stream)) throw new Error('no link without a target came of it')
    count(scene.chronicle.faults, 'plant_gone')
  })
}

/** Whether a link to the stream comes to stand whose target is not there. */
async function leadsNowhere (client: KurrentDBClient, category: string, stream: string): Promise<boolean> {
  for (const until = performance.now() + LINKED; performance.now() < until; await wait(100)) {
    const links = client.readStream(category, { direction: 'backwards', fromRevision: 'end', maxCount: LATEST, resolveLinkTos: true })
    for await (const { link, event } of links) {
      if (event === undefined && link !== undefined && Buffer.from(link.data as Uint8Array).toString().endsWith(`@${stream}`)) return true
    }
  }
  return false
}
