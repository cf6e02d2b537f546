import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Chronicle } from '../chronicle.js'
import type { Clients } from '../clients.js'
import { WORKER } from '../fault-plan.js'
import type { PlannedFault } from '../fault-plan.js'
import type { App, Fleet } from '../fleet.js'
import type { Load } from '../load.js'
import type { Intent, LoadPlan } from '../load-plan.js'
import type { Member } from '../member.js'
import type { Recovery } from '../recovery.js'

/** All that faults can touch. */
export interface Scene {
  readonly fleet: Fleet
  readonly chronicle: Chronicle
  readonly clients: Clients
  readonly load: Load
  readonly plan: LoadPlan
  readonly recovery: Recovery
  readonly suffix: string
  /** How many commands the whole storm has. */
  readonly commands: number
  /** Whether the server is one that loses commands. */
  readonly loses: boolean
  /** Whether no fault is under way but the one that asks. */
  readonly alone: () => boolean
}

/** Carries a planned fault out; resolves when it is over, and stands in the record. */
export type Strike = (scene: Scene, fault: PlannedFault) => Promise<void>

/** Milliseconds that something is waited for which a fault cannot do without. */
export const PATIENCE = 8_000
/** Milliseconds between two looks for it. */
const LOOK = 20

/** One of them, by a number from 0 to below 1. */
export function one<T> (of: readonly T[], part: number): T {
  return of[Math.floor(part * of.length)]!
}

/** From least to most, by a number from 0 to below 1. */
export function between (least: number, most: number, part: number): number {
  return Math.round(least + (most - least) * part)
}

/** Workers that are there, or on their way back. */
export function workersOf ({ fleet }: Scene): App[] {
  return fleet.workers.filter(({ member }) => member.wanted)
}

/** A worker in most cases, then a sender, then the store. */
export function anyMember (scene: Scene, { whom, form }: PlannedFault): Member {
  const { fleet } = scene
  if (fleet.store !== undefined && form < 0.15) return fleet.store
  return one(form < WORKER ? fleet.senders : workersOf(scene), whom).member
}

export function anyApp (scene: Scene, { whom, form }: PlannedFault): App {
  return one(form < 0.4 ? scene.fleet.senders : workersOf(scene), whom)
}

/** Sends a command that is not of the load, until it is answered. */
export async function send ({ clients }: Scene, aggId: string, command: string, body: Intent['body']): Promise<void> {
  await clients.send({
    client: 'client-beside',
    bankType: 'Transaction',
    aggId,
    comId: randomUUID(),
    command,
    body,
    behaviour: 'patient',
    sender: 0,
    moment: 0,
    pause: 0,
    later: 0
  })
}

/** @throws Error with these words when it is not seen in time */
export async function until (otherwise: string, seen: () => boolean): Promise<void> {
  if (!await within(PATIENCE, seen)) throw new Error(otherwise)
}

/** Whether something is seen within so many milliseconds. */
export async function within (patience: number, seen: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const late = performance.now() + patience; !await seen(); await wait(LOOK)) {
    if (performance.now() > late) return false
  }
  return true
}
