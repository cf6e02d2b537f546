import { randomUUID } from 'node:crypto'
import { count } from '../chronicle.js'
import { one } from './scene.js'
import type { Strike } from './scene.js'

/** Ten times as many clients as there are else, at the least. */
const LEAST = 240
const MOST = 1_000
/** Commands of others at once beside a poison, which its workers then hold too: at the most, and as a part of all. */
const BESIDE = 30
const PART = 1 / 50

export const burst: Strike = async ({ load, chronicle, commands }) => {
  const start = chronicle.now()
  const size = Math.max(Math.min(LEAST, Math.floor(commands / 5)), Math.min(MOST, Math.floor(commands / 20)))
  const sent = await load.burst(size)
  if (sent === 0) throw new Error('nothing is left for bursts')
  chronicle.fault('burst', start, ['workers'], { size: sent })
}

const poisoned = new Set<string>()

/** A command that kills each worker that decides it; each time on another aggregate, as long as there are any. */
export const poison: Strike = async ({ clients, chronicle, plan, load, commands }, { whom, length }) => {
  const healthy = plan.poisonable.filter(aggId => !poisoned.has(aggId))
  const aggId = one(healthy.length > 0 ? healthy : plan.poisonable, whom)
  poisoned.add(aggId)
  count(chronicle.faults, 'poison')
  load.burst(Math.min(BESIDE, Math.floor(commands * PART))).catch(() => {})
  await clients.send({
    client: 'client-poison',
    bankType: 'Transaction',
    aggId,
    comId: randomUUID(),
    command: 'Poison',
    body: {},
    behaviour: 'patient',
    sender: Math.floor(length * 12),
    moment: 0,
    pause: 0,
    later: 0
  })
}
