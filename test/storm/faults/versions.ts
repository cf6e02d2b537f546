import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { LIMITS } from '../fleet.js'
import type { App } from '../fleet.js'
import type { Version } from '../history.js'
import type { Member } from '../member.js'
import { one, PATIENCE, send, until, within, workersOf } from './scene.js'
import type { Scene, Strike } from './scene.js'

/** New aggregates at the most, until a worker is the one that decides for one of them. */
const MOST_NEW = 16
/** How often it is tried that two decide. */
const MOST_TRIED = 3
/** Milliseconds until a command must have come to a worker that cannot acknowledge others. */
const MOST_HELD = 1_000
/** Milliseconds for which a worker is alone. */
const ALONE = 3_000

let deploying: Promise<void> = Promise.resolve()

/** One after the other, since all of them leave a fleet of one version to the next. */
async function inTurn (change: () => Promise<void>): Promise<void> {
  const done = deploying.then(change)
  deploying = done.catch(() => {})
  await done
}

/** All workers come in the other version, one by one. */
export const deploy: Strike = async scene => {
  await inTurn(async () => {
    const start = scene.chronicle.now()
    const [first] = workersOf(scene)
    const version = otherThan(first!.member.version)
    const targets = await rollOut(scene, version)
    scene.chronicle.fault('deploy', start, targets, { version })
  })
}

/** Brings all workers to a version, one by one, as a rolling deploy does. */
export async function rollOut (scene: Scene, version: Version): Promise<string[]> {
  const targets: string[] = []
  for (const { member } of scene.fleet.workers) {
    if (!member.wanted) {
      member.version = version
      continue
    }
    targets.push(member.name)
    await member.exclusively(async () => { await comeAs(member, version) })
    await member.untilReady()
  }
  return targets
}

/**
 * One worker has come in the other version, decides commands, and its connection swallows the appends and breaks. Others, of the usual
 * version, decide the same commands otherwise. Then the first one's appends come after all, and nobody else is left to go on.
 */
export const decidedTwice: Strike = async (scene, { whom }) => {
  const { fleet, chronicle } = scene
  await inTurn(async () => {
    const app = one(workersOf(scene), whom)
    const { member, relay } = app
    const usual = member.version
    await member.exclusively(async () => {
      const start = chronicle.now()
      try {
        await comeAs(member, otherThan(usual))
        await member.untilReady()
        const aggregates = await decidedAggregates(scene, app)
        const others = workersOf(scene).filter(other => other !== app)
        relay!.release()
        await Promise.all(others.map(async other => { await other.member.kill(ALONE) }))
        await Promise.all(aggregates.map(async aggId => { await send(scene, aggId, 'Deposit', { amount: 5 }) }))
      } finally {
        relay!.release()
        await comeAs(member, usual)
        chronicle.fault('decided_twice', start, fleet.workers.map(({ member }) => member.name), { version: otherThan(usual) })
      }
    })
    await member.untilReady()
  })
}

async function decidedAggregates (scene: Scene, app: App): Promise<string[]> {
  for (let tried = 0; tried < MOST_TRIED; tried++) {
    const aggregates = []
    for (const { command, body } of OTHERWISE) aggregates.push({ aggId: await newAggregateOf(scene, app.member), command, body })
    if (await decideTwice(scene, app, aggregates)) return aggregates.map(({ aggId }) => aggId)
  }
  throw new Error(`${app.member.name} has too much to do`)
}

/** What the versions decide otherwise: in one event, where the new one refuses, as too little would be left; and in another number of events. */
const OTHERWISE = [
  { command: 'Withdraw', body: { amount: 9.5 } },
  { command: 'Deposit', body: { amount: 300 } }
] as const

/** Gives false where the worker gets no more commands, since it cannot acknowledge what it holds. */
async function decideTwice (
  scene: Scene, { member, relay }: App, aggregates: ReadonlyArray<{ aggId: string, command: string, body: { amount: number } }>
): Promise<boolean> {
  const { decider } = scene.fleet
  await Promise.all(aggregates.map(async ({ aggId }) => {
    decider.delete(aggId)
    await send(scene, aggId, 'Deposit', { amount: 10 })
    await until('the deposit was not decided', () => decider.has(aggId))
    decider.delete(aggId)
  }))
  relay!.holdRequests()
  const answered = Promise.all(aggregates.map(async ({ aggId, command, body }) => { await send(scene, aggId, command, body) }))
  answered.catch(() => {})
  if (!await within(MOST_HELD, () => aggregates.every(({ aggId }) => decider.get(aggId) === member.name))) {
    relay!.release()
    return false
  }
  relay!.strand()
  await until('nobody else decided the commands', () => aggregates.every(({ aggId }) => decider.get(aggId) !== member.name))
  await Promise.race([answered, wait(PATIENCE).then(() => { throw new Error('the commands were not answered') })])
  return true
}

async function newAggregateOf (scene: Scene, { name }: Member): Promise<string> {
  const { decider } = scene.fleet
  for (let tried = 0; tried < MOST_NEW; tried++) {
    const aggId = randomUUID()
    await send(scene, aggId, 'InitPeriod', { accountId: randomUUID(), limit: 1_000 })
    await until('nobody decided for a new aggregate', () => decider.has(aggId))
    if (decider.get(aggId) === name) return aggId
  }
  throw new Error(`${name} decides for no new aggregate`)
}

async function comeAs (member: Member, version: Version): Promise<void> {
  member.version = version
  await member.stop(0, LIMITS.patience)
}

function otherThan (version: Version): Version {
  return version === 'old' ? 'new' : 'old'
}
