import { setTimeout as wait } from 'node:timers/promises'
import { anyApp, between } from './scene.js'
import type { Strike } from './scene.js'

const loseAnswers = (fate: 'cut' | 'withheld', name: 'answer_cut' | 'answer_withheld'): Strike =>
  async ({ fleet, chronicle, suffix }, { length, form }) => {
    const start = chronicle.now()
    // To senders, whose commands are committed; or to workers, whose outcomes are.
    const streams = form < 0.5 ? `^(Account|Transaction)${suffix}$` : `^(Account|Transaction)${suffix}-[0-9a-f]`
    const times = between(1, 4, length)
    for (let time = 0; time < times; time++) await fleet.order({ do: 'loseAnswer', streams, fate })
    // They are the next ones, so they are lost within moments of a storm.
    await wait(500)
    chronicle.fault(name, start, ['store'], { streams, times })
  }

export const answerCut = loseAnswers('cut', 'answer_cut')
export const answerWithheld = loseAnswers('withheld', 'answer_withheld')

/** What the store says to a process comes late, or to all. */
export const answersDelayed: Strike = async (scene, fault) => {
  const { chronicle, fleet } = scene
  const apps = fault.whom < 0.3 ? fleet.apps : [anyApp(scene, fault)]
  const start = chronicle.now()
  for (const { relay } of apps) relay?.holdAnswers()
  await wait(between(200, 3_000, fault.length))
  for (const { relay } of apps) relay?.release()
  chronicle.fault('answers_delayed', start, apps.map(({ member }) => member.name))
}

/** A process's connections carry nothing any more, and stand; then they break, or carry again. */
export const halfOpen: Strike = async (scene, fault) => {
  const { chronicle } = scene
  const { member, relay } = anyApp(scene, fault)
  const start = chronicle.now()
  relay?.hold({ all: fault.length < 0.3 })
  await wait(between(1_000, 9_000, fault.length))
  if (fault.whom < 0.5) relay?.cut()
  relay?.release()
  chronicle.fault('half_open', start, [member.name])
}

export const connectionsDropped: Strike = async (scene, fault) => {
  const { chronicle, fleet } = scene
  const start = chronicle.now()
  if (fleet.store !== undefined && fault.length < 0.5) {
    await fleet.order({ do: 'dropConnections' })
    chronicle.fault('connections_dropped', start, fleet.apps.map(({ member }) => member.name))
  } else {
    const { member, relay } = anyApp(scene, fault)
    relay?.cut()
    chronicle.fault('connections_dropped', start, [member.name])
  }
}
