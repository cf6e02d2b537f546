import { setTimeout as wait } from 'node:timers/promises'
import { LEAST_WORKERS, LIMITS } from '../fleet.js'
import { anyMember, between, one, workersOf } from './scene.js'
import type { Scene, Strike } from './scene.js'

/** Milliseconds until a process comes back: at once, or later. */
const downtime = (length: number) => length < 0.4 ? 0 : between(100, 3_000, length)

/** Beyond the store's message time-out a frozen worker's commands are somebody else's, too. */
const FREEZE = [LIMITS.messageTimeout + 500, LIMITS.messageTimeout + 4_000] as const

/** Longer than every time limit. */
const HANG = [LIMITS.deadline + 3_500, LIMITS.deadline + 6_000] as const
/** Longer than keep-alive, after which a connection counts as dead: 17 to 20 s. */
export const LONG = [22_000, 26_000] as const

const MINUTE = 60_000

/** Milliseconds that a kill waits at the most until nothing else is wrong. */
const QUIET = 40_000
/** Milliseconds of load on a fleet that is well, before such a kill. */
const LOADED = 500
/** Commands at once beside it, at the most, and as a part of all: what is killed shall hold something. */
const HANDFUL = 40
const PART = 1 / 50
/** Milliseconds until what a worker had decided before it stood still is answered, so that what is open then is what it holds. */
const ANSWERED = 150

async function quiet ({ alone, fleet, chronicle }: Scene): Promise<void> {
  const since = chronicle.now()
  while (chronicle.now() - since < QUIET && !(alone() && fleet.members.every(({ wanted, ready }) => !wanted || ready))) await wait(50)
}

export const kill: Strike = async (scene, fault) => {
  const { chronicle, recovery, load } = scene
  const member = anyMember(scene, fault)
  if (fault.solitary === true) {
    await quiet(scene)
    await wait(LOADED)
  }
  const start = chronicle.now()
  await member.exclusively(async () => {
    if (member.pid === undefined) await member.untilReady()
    if (fault.solitary === true) {
      load.burst(Math.min(HANDFUL, Math.floor(scene.commands * PART))).catch(() => {})
      // One half of them strike it while it works, the other half when what it holds cannot be answered any more.
      const works = fault.delay % 2 === 1
      await wait(ANSWERED / 3 * (works ? fault.length : 1))
      // It may have died of a poison meanwhile.
      await member.untilReady()
      if (!works) {
        member.freeze()
        await wait(ANSWERED)
      }
    }
    if (member.role === 'worker') recovery.killed(member.name, chronicle.now(), fault.solitary === true && scene.alone())
    await member.kill(downtime(fault.length))
  })
  // That it does not come back is told by its lives.
  await member.untilReady().catch(() => {})
  chronicle.fault('kill', start, [member.name])
}

export const stop: Strike = async (scene, fault) => {
  const member = anyMember(scene, fault)
  const start = scene.chronicle.now()
  await member.exclusively(async () => {
    if (member.pid === undefined) await member.untilReady()
    await member.stop(downtime(fault.length), LIMITS.patience)
  })
  await member.untilReady().catch(() => {})
  scene.chronicle.fault('stop', start, [member.name])
}

export const freeze: Strike = async (scene, fault) => {
  const { chronicle } = scene
  const { member } = one(workersOf(scene), fault.whom)
  await member.exclusively(async () => {
    await member.untilReady()
    const start = chronicle.now()
    member.freeze()
    await wait(between(...FREEZE, fault.length))
    member.thaw()
    chronicle.fault('freeze', start, [member.name])
  })
}

export const storeHung: Strike = async ({ fleet, chronicle }, { length, long }) => {
  const store = fleet.store!
  await store.exclusively(async () => {
    await store.untilReady()
    const start = chronicle.now()
    store.freeze()
    await wait(between(...long === true ? LONG : HANG, length))
    store.thaw()
    chronicle.fault('store_hung', start, [store.name], { long: long === true })
  })
}

export const join: Strike = async ({ fleet, chronicle }) => {
  const start = chronicle.now()
  const newcomer = fleet.workers.find(({ member }) => !member.wanted)
  // There are as many as there may be: then one leaves and joins again.
  const { member } = newcomer ?? fleet.workers.at(-1)!
  await member.exclusively(async () => {
    if (newcomer === undefined) await member.stop(0, LIMITS.patience)
    else member.start()
  })
  await member.untilReady()
  chronicle.fault('join', start, [member.name])
}

export const leave: Strike = async (scene, fault) => {
  const { chronicle } = scene
  const workers = workersOf(scene)
  const { member } = one(workers, fault.whom)
  const start = chronicle.now()
  await member.exclusively(async () => {
    if (workersOf(scene).length > LEAST_WORKERS) member.dismiss()
    await member.stop(between(500, 3_000, fault.length), LIMITS.patience)
  })
  chronicle.fault('leave', start, [member.name])
}

/** By minutes, to either side, and back again: of a worker, a sender, or the store. */
export const clockStep: Strike = async (scene, fault) => {
  const { fleet, chronicle } = scene
  const member = anyMember(scene, fault)
  const by = between(1, 30, fault.length) * MINUTE * (fault.whom < 0.5 ? 1 : -1)
  const start = chronicle.now()
  const step = async (by: number): Promise<void> => {
    if (member === fleet.store) await fleet.order({ do: 'clock', by })
    else if (!member.send({ clock: by })) throw new Error(`${member.name} does not run`)
  }
  await step(by)
  await wait(between(1_000, 5_000, fault.form))
  // Whoever has died meanwhile comes back with the right time.
  await step(0).catch(() => {})
  chronicle.fault('clock_step', start, [member.name], { by })
}
