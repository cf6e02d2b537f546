import { setTimeout as wait } from 'node:timers/promises'
import type { Relay } from '../../harness/relay.js'
import type { App } from '../fleet.js'
import { LONG } from './processes.js'
import { anyApp, between } from './scene.js'
import type { Strike } from './scene.js'

/** Milliseconds until an append must have come whose answer is to be lost. */
const COMES = 15_000

const loseAnswers = (fate: 'cut' | 'withheld', name: 'answer_cut' | 'answer_withheld'): Strike =>
  async ({ fleet, chronicle, suffix }, { length, form }) => {
    const start = chronicle.now()
    // To senders, whose commands are committed; or to workers, whose outcomes are.
    const streams = form < 0.5 ? `^(Account|Transaction)${suffix}$` : `^(Account|Transaction)${suffix}-[0-9a-f]`
    const times = between(1, 4, length)
    const lost = await Promise.allSettled(Array.from({ length: times }, async () => await fleet.order({ do: 'loseAnswer', streams, fate }, COMES)))
    const happened = lost.filter(({ status }) => status === 'fulfilled').length
    if (happened === 0) throw new Error('no append came whose answer could be lost')
    chronicle.fault(name, start, ['store'], { streams, times: happened })
  }

export const answerCut = loseAnswers('cut', 'answer_cut')
export const answerWithheld = loseAnswers('withheld', 'answer_withheld')

/** The connections of a process; without any there is nothing to be broken. */
function wayOf ({ member, relay }: App): Relay {
  if (relay === undefined || relay.connections === 0) throw new Error(`${member.name} has no connection`)
  return relay
}

/** What the store says to a process comes late, or to all. */
export const answersDelayed: Strike = async (scene, fault) => {
  const { chronicle, fleet } = scene
  const apps = (fault.whom < 0.3 ? fleet.apps : [anyApp(scene, fault)]).filter(({ relay }) => relay !== undefined && relay.connections > 0)
  if (apps.length === 0) throw new Error('there are no connections')
  const start = chronicle.now()
  for (const app of apps) wayOf(app).holdAnswers()
  await wait(between(200, 3_000, fault.length))
  for (const { relay } of apps) relay!.release()
  chronicle.fault('answers_delayed', start, apps.map(({ member }) => member.name))
}

/** A process's connections carry nothing any more, and stand; then they break, or carry again. */
export const halfOpen: Strike = async (scene, fault) => {
  const { chronicle } = scene
  const app = anyApp(scene, fault)
  const relay = wayOf(app)
  const start = chronicle.now()
  relay.hold({ all: fault.length < 0.3 })
  await wait(fault.long === true ? between(...LONG, fault.length) : between(1_000, 9_000, fault.length))
  if (fault.whom < 0.5) relay.cut()
  relay.release()
  chronicle.fault('half_open', start, [app.member.name], { long: fault.long === true })
}

export const connectionsDropped: Strike = async (scene, fault) => {
  const { chronicle, fleet } = scene
  const start = chronicle.now()
  if (fleet.store !== undefined && fault.length < 0.5) {
    await fleet.order({ do: 'dropConnections' })
    chronicle.fault('connections_dropped', start, fleet.apps.map(({ member }) => member.name))
  } else {
    const app = anyApp(scene, fault)
    wayOf(app).cut()
    chronicle.fault('connections_dropped', start, [app.member.name])
  }
}
