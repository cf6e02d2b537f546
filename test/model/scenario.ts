import type { TakenCommand } from '../../lib/decision/index.js'
import { successEvents } from '../../lib/outcome/index.js'
import type { NewEvent } from '../../lib/store/contract.js'
import { aggId, ALIKE, comId, newerBy, older } from './domain.js'
import type { Difference, Version } from './domain.js'

/** A command as it stands in the command stream. A command id may stand there twice, with another body too. */
export interface Copy {
  readonly comId: string
  readonly type: string
  readonly data: Uint8Array
  readonly created: number
}

/** What can happen, and within which bounds. */
export interface Scenario {
  readonly name: string
  readonly versions: readonly Version[]
  /** The version of each worker at the start. */
  readonly workers: readonly number[]
  /** Whether a worker that restarts may be of another version. */
  readonly redeploys: boolean
  readonly copies: readonly Copy[]
  /** What the store may say of how often it has delivered a command. */
  readonly deliveries: readonly number[]
  /** Appends at the stream's end that nobody waits for any more and that the store may still execute. */
  readonly late: number
  /** Whether readings may show the stream as it was at any time before. */
  readonly oldReadings: boolean
  /** Whether memory may be warmed up, and forgotten, while nothing is to do. */
  readonly evictions: boolean
  /** How many events the store takes in one append. */
  readonly most: number
  /** Whether the aggregate exists at the start, by a command that is never delivered again. */
  readonly exists: boolean
}

export type Body = readonly [type: string, by?: number]

/** A scenario in words that can be printed. */
export interface Plan extends Omit<Scenario, 'versions' | 'copies'> {
  /** How each version of the worker behind the first one differs from that one. */
  readonly newer: readonly Difference[]
  /** One entry for each command, with one body for each time that it stands in the command stream. */
  readonly commands: readonly (readonly Body[])[]
  /** Whether the first two commands have ids of one hash. */
  readonly alike: boolean
}

export function scenarioOf ({ newer, commands, alike, ...bounds }: Plan): Scenario {
  let created = 0
  const copies = commands.flatMap((bodies, n) => bodies.map(([type, by]) => ({
    comId: alike ? ALIKE[n] ?? comId(n) : comId(n),
    type,
    data: Buffer.from(JSON.stringify(by === undefined ? {} : { by })),
    created: created++
  })))
  return { ...bounds, versions: [older, ...newer.map(newerBy)], copies }
}

/** Short for a scenario of two workers, where what is not said keeps to narrow bounds. */
export function scenario (
  name: string, commands: Plan['commands'], difference: Difference, over: Partial<Omit<Plan, 'name' | 'commands' | 'newer'>> = {}
): Scenario {
  return scenarioOf({
    name,
    commands,
    newer: difference === 'none' ? [] : [difference],
    workers: difference === 'none' ? [0, 0] : [0, 1],
    redeploys: false,
    deliveries: [1],
    late: 1,
    oldReadings: true,
    evictions: true,
    most: Infinity,
    exists: false,
    alike: false,
    ...over
  })
}

export function taken (copy: Copy, deliveries: number): TakenCommand {
  return { ...copy, aggId, deliveries }
}

/** What stands in the stream where the aggregate exists at the start. */
export const OPENED: readonly NewEvent[] =
  successEvents({ aggId, comId: comId(99) }, [{ definition: older.aggregate.events.Opened!, data: {} }])
