import type { Chronicle } from '../chronicle.js'
import type { Clients } from '../clients.js'
import { WORKER } from '../fault-plan.js'
import type { PlannedFault } from '../fault-plan.js'
import type { App, Fleet } from '../fleet.js'
import type { Load } from '../load.js'
import type { LoadPlan } from '../load-plan.js'
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
  /** Whether no fault is under way but the one that asks. */
  readonly alone: () => boolean
}

/** Carries a planned fault out; resolves when it is over, and stands in the record. */
export type Strike = (scene: Scene, fault: PlannedFault) => Promise<void>

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
