import { rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Progress } from '../../bench/progress.js'
import { losesCommands, Store } from '../../lib/store/index.js'
import { recordingLog } from '../harness/recording-log.js'
import type { Chronicle } from './chronicle.js'
import { Clients } from './clients.js'
import { compilePrograms } from './compile.js'
import type { FaultKind, PlannedFault } from './fault-plan.js'
import { calmOf, planFaults } from './fault-plan.js'
import { isClosed, rollOut, STRIKES } from './faults/index.js'
import type { Scene } from './faults/index.js'
import { Fleet, hasRelays, LIMITS } from './fleet.js'
import { Load } from './load.js'
import { planLoad } from './load-plan.js'
import { MemoryWatch } from './memory-watch.js'
import type { StormOptions } from './options.js'
import { Recovery } from './recovery.js'

const MIB = 1024 * 1024

/** Faults that go on at a time at the most; beyond, clients wait, so that faults come under load and not behind it. */
const MOST_AT_ONCE = 5
/** Faults that may be late before clients send slowly, for the same reason. */
const MOST_LATE = 2
/** Commands that wait for their outcomes beyond which clients send slowly: what is to be seen is faults, not a fleet that is too small. */
const MOST_WAITING = 150
/** How often a fault is tried, and after how many milliseconds again. */
const TRIES = 3
const TRY_AGAIN = 3_000
/** Milliseconds that the end may take until each command has its outcome: at the least, and for each of them. */
const SETTLING = 120_000
const SETTLING_EACH = 15
/** Milliseconds without any further outcome after which nothing more is waited for. */
const STALLED = 45_000
/** Finished commands that are asked again at the end. */
const ASKED_AGAIN = 400
const ASKERS = 24
/** How often each of them is sent at the most, until its outcome is told. */
const ATTEMPTS = 5
/** Milliseconds beyond the message time-out until the coming of a process disturbs nothing any more. */
const AFTERMATH = 3_000
const PROGRESS_EVERY = 500
const BAR = 24

/** What a storm was, once all its processes but the store have ended. */
export interface Storm {
  readonly fleet: Fleet
  readonly recovery: Recovery
  readonly planned: readonly PlannedFault[]
  /** Faults that could not be carried out, since the store was away: by kind. */
  readonly failed: ReadonlyMap<FaultKind, number>
  readonly commands: number
  readonly clients: Clients
}

/** Runs a storm until it has settled and the fleet, but for the store, has been told to stop and has ended. */
export async function runStorm (options: StormOptions, folder: string, chronicle: Chronicle, progress: Progress): Promise<Storm> {
  const { seed, kills, faults: kinds, host } = options
  const plan = planLoad(seed, options.commands)
  const commands = plan.size
  const planned = planFaults({ seed, commands, kills, kinds, embedded: host === undefined, relays: hasRelays(host) })
  const suffix = host === undefined ? '' : Date.now().toString(36)
  const { folder: programs, build } = await compilePrograms(options.build)
  const fleet = await Fleet.open({ options: { ...options, build }, chronicle, folder, suffix, programs })
  try {
    const loses = host === undefined ? options.emulate === '23.10' : losesCommands(await versionOf(fleet.connectionString))
    chronicle.write({
      kind: 'setting',
      seed,
      store: fleet.connectionString,
      deadline: LIMITS.deadline,
      drainTime: LIMITS.drainTime,
      messageTimeout: LIMITS.messageTimeout,
      swept: loses,
      types: ['Account', 'Transaction'].map(name => ({ name: `${name}${suffix}`, refused: 'CommandRefused', group: 'UniStream' })),
      leastOrdered: Math.floor(calmOf(commands) / 3),
      memoryBounds: { worker: 400 * MIB, sender: 400 * MIB, store: 800 * MIB }
    })
    const clients = new Clients({ senders: fleet.senders, store: fleet.store, chronicle, suffix })
    const underWay = new Map<PlannedFault, Promise<void>>()
    const due = [...planned]
    const isDue = ({ at }: PlannedFault): boolean => at <= load.part * commands
    const load: Load = new Load(plan, clients, () => {
      if (underWay.size >= MOST_AT_ONCE) return 'none'
      if (clients.waiting > MOST_WAITING) return 'slow'
      // Where nothing but one fault goes on, its effect is to be seen under load.
      return underWay.size > 1 && due.length > MOST_LATE && isDue(due[MOST_LATE]!) ? 'slow' : 'full'
    })
    const recovery = new Recovery(fleet, clients)
    const scene: Scene = { fleet, chronicle, clients, load, plan, recovery, suffix, commands, loses, alone: () => underWay.size <= 1 }
    const failed = new Map<FaultKind, number>()

    let phase = 'starting'
    const show = setInterval(() => {
      const part = load.part
      const bar = '#'.repeat(Math.round(part * BAR)).padEnd(BAR, '.')
      const names = [...new Set([...underWay.keys()].map(({ kind }) => kind))].join(' ')
      progress.say(`[${bar}] ${clients.count}/${commands} ${phase}  open ${clients.open().length}  faults ${planned.length - due.length}/${planned.length} ${names}`)
    }, progress.changes ? PROGRESS_EVERY : 20 * PROGRESS_EVERY)

    const strike = (fault: PlannedFault): void => {
      const done = wait(fault.delay)
        .then(() => carryOut(scene, fault))
        .catch((error: unknown) => {
          failed.set(fault.kind, (failed.get(fault.kind) ?? 0) + 1)
          progress.note(`${fault.kind} could not be carried out: ${String(error)}`)
        })
        .finally(() => { underWay.delete(fault) })
      underWay.set(fault, done)
    }

    const mayBegin = (): boolean => underWay.size < 2 * MOST_AT_ONCE && ![...underWay.keys()].some(({ solitary }) => solitary === true)

    const memory = new MemoryWatch(fleet, chronicle)
    memory.start()
    try {
      fleet.store?.start()
      await fleet.store?.untilReady()
      for (const { member } of [...fleet.workers.slice(0, options.workers), ...fleet.senders]) member.start('old')
      await Promise.all(fleet.apps.map(async ({ member }) => { if (member.wanted) await member.untilReady() }))

      phase = 'beginning'
      await load.begin()
      // The order of what comes now is looked at; that its workers have just come would excuse it.
      await wait(LIMITS.messageTimeout + AFTERMATH)
      phase = 'storming'
      const strikes = setInterval(() => {
        while (due.length > 0 && isDue(due[0]!) && mayBegin()) strike(due.shift()!)
      }, 20)
      await load.run()
      clearInterval(strikes)
      while (due.length > 0) {
        if (mayBegin()) strike(due.shift()!)
        else await wait(PROGRESS_EVERY)
      }
      await Promise.all(underWay.values())

      phase = 'settling'
      // Who does not stand is told by the checker, from the lives.
      await stand(scene, options).catch((error: unknown) => { progress.note(`Not all stand: ${String(error)}`) })
      await clients.quiet()
      const since = chronicle.now()
      await settle(clients, since + SETTLING + SETTLING_EACH * commands, chronicle)
      await askAgain(clients)
      // A poison command may have struck as the last one.
      await allReady(fleet).catch((error: unknown) => { progress.note(`Not all stand: ${String(error)}`) })
      chronicle.write({ kind: 'settled', at: chronicle.now(), since })

      phase = 'stopping'
      await Promise.all(fleet.apps.map(async ({ member }) => {
        member.dismiss()
        await member.stop(0, LIMITS.patience)
      }))
    } finally {
      memory.stop()
      clearInterval(show)
      progress.end()
    }
    return { fleet, recovery, planned, failed, commands, clients }
  } catch (error) {
    await fleet.abandon()
    throw error
  } finally {
    await rm(programs, { recursive: true })
  }
}

/** By it the workers know whether they must look for commands that the server loses. */
async function versionOf (connectionString: string): Promise<string> {
  const store = Store.open({ connectionString, callLimit: LIMITS.callLimit / 1000 }, recordingLog())
  try {
    return await store.serverVersion()
  } finally {
    await store.close()
  }
}

/** What finds the store away, or nothing that it could do harm to, is tried again. */
async function carryOut (scene: Scene, fault: PlannedFault): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await STRIKES[fault.kind](scene, fault)
      return
    } catch (error) {
      if (tries === TRIES) throw error
      await wait(TRY_AGAIN)
    }
  }
}

/** Everything runs, in the newest version; and one worker starts anew, so that what others have parked comes again. */
async function stand (scene: Scene, { workers }: StormOptions): Promise<void> {
  const { fleet } = scene
  // Whatever a fault that broke off has left.
  for (const { relay } of fleet.apps) {
    relay?.release()
    await relay?.accept()
  }
  for (const member of fleet.members) if (member.frozen) member.thaw()
  for (const { member } of fleet.workers.slice(0, workers)) member.start()
  await allReady(fleet)
  await rollOut(scene, 'new')
  const { member } = fleet.workers.find(({ member }) => member.wanted)!
  // And all senders, one by one, for those who come back later.
  for (const one of [member, ...fleet.senders.map(({ member }) => member)]) {
    await one.stop(0, LIMITS.patience)
    await one.untilReady()
  }
}

async function allReady ({ members }: Fleet): Promise<void> {
  await Promise.all(members.map(async member => { if (member.wanted) await member.untilReady() }))
}

/** Asks for each command that is open still, until it has its outcome. What cannot have one is asked for once. */
async function settle (clients: Clients, until: number, chronicle: Chronicle): Promise<void> {
  const asked = new Set<string>()
  let fewest = Infinity
  let progress = chronicle.now()
  for (let sender = 0; chronicle.now() < until && chronicle.now() - progress < STALLED; sender++) {
    const open = clients.open().filter(({ intent }) => !isClosed(intent.aggId) || !asked.has(intent.comId))
    if (open.length === 0) return
    if (open.length < fewest) {
      fewest = open.length
      progress = chronicle.now()
    }
    for (const { intent } of open) asked.add(intent.comId)
    await inTurn(open, async sent => {
      if (chronicle.now() > until) return
      // To ask costs the fleet less than to send again; what is unknown, or open for long, is sent again, unless somebody else has to find it.
      await clients.find(sent, sender)
      if (sent.told === undefined && sent.lost !== true) await clients.again(sent, sender)
    })
    await wait(200)
  }
}

/** Some of those that are finished are sent again, and asked for. */
async function askAgain (clients: Clients): Promise<void> {
  const finished = [...clients.sent].filter(({ told, lost }) => told !== undefined && lost !== true)
  const step = Math.max(1, Math.floor(finished.length / ASKED_AGAIN))
  await inTurn(finished.filter((_, place) => place % step === 0), async sent => {
    for (let attempt = 0; attempt < ATTEMPTS && !await clients.again(sent, 0); attempt++) await wait(1_000)
    await clients.find(sent, 1)
  })
}

async function inTurn<T> (all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  const left = [...all]
  await Promise.all(Array.from({ length: ASKERS }, async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await each(one)
  }))
}
