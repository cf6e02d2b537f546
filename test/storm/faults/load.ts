import { randomUUID } from 'node:crypto'
import { count } from '../chronicle.js'
import { one } from './scene.js'
import type { Strike } from './scene.js'

/** Ten times as many clients as there are else, at the least. */
const LEAST = 240
const MOST = 1_000

export const burst: Strike = async ({ load, chronicle, commands }) => {
  const start = chronicle.now()
  const size = Math.max(LEAST, Math.min(MOST, Math.floor(commands / 20)))
  await load.burst(size)
  chronicle.fault('burst', start, ['workers'], { size })
}

/** A command that kills each worker that decides it. */
export const poison: Strike = async ({ clients, chronicle, plan }, { whom, length }) => {
  count(chronicle.faults, 'poison')
  await clients.send({
    client: 'client-poison',
    bankType: 'Transaction',
    aggId: one(plan.closable, whom),
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
