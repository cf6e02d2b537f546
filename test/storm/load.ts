import { setTimeout as wait } from 'node:timers/promises'
import type { Clients } from './clients.js'
import type { Intent, LoadPlan } from './load-plan.js'

/** Clients that send one command after the other. */
const SLOTS = 24
/** Milliseconds after which a client goes on to another command, whatever becomes of this one. */
const IMPATIENCE = 1_000
/** Commands under way at which clients wait before they send more. */
const MOST_UNDER_WAY = 400
/** Milliseconds that a client rests between two commands where the pace is slow, and how often it looks for another pace. */
const REST = 2_000
const LOOK = 20

/** How fast clients send: as they would; with long rests, so that what they should suffer catches up; or not at all. */
export type Pace = 'full' | 'slow' | 'none'

/** Sends what is planned: steadily, and at once what a burst asks for. */
export class Load {
  readonly #plan: LoadPlan
  readonly #clients: Clients
  readonly #pace: () => Pace
  readonly #underWay = new Set<Promise<void>>()
  #next = 0
  #nextOfBursts = 0

  constructor (plan: LoadPlan, clients: Clients, pace: () => Pace) {
    this.#plan = plan
    this.#clients = clients
    this.#pace = pace
  }

  /** How much of it has been sent: from 0 to 1. */
  get part (): number {
    return this.#next / this.#plan.commands.length
  }

  /** Begins the aggregates. */
  async begin (): Promise<void> {
    const left = [...this.#plan.begin]
    await Promise.all(Array.from({ length: SLOTS }, async () => {
      for (let intent = left.shift(); intent !== undefined; intent = left.shift()) await this.#clients.send(intent)
    }))
  }

  /** Resolves when all has been sent, and nobody waits for an answer to it. */
  async run (): Promise<void> {
    await Promise.all(Array.from({ length: SLOTS }, () => this.#slot()))
    await Promise.all(this.#underWay)
  }

  /**
   * Sends so many commands of the reserve at once, as long as there are any. Resolves when each has been answered, or its client waits no longer,
   * to how many they were.
   */
  async burst (size: number): Promise<number> {
    const intents = this.#plan.reserve.slice(this.#nextOfBursts, this.#nextOfBursts + size)
    this.#nextOfBursts += intents.length
    await Promise.all(intents.map(async intent => { await this.#track(intent) }))
    return intents.length
  }

  async #slot (): Promise<void> {
    let rested = 0
    while (this.#next < this.#plan.commands.length) {
      const pace = this.#pace()
      if (pace === 'none' || this.#underWay.size >= MOST_UNDER_WAY || (pace === 'slow' && rested < REST)) {
        rested += LOOK
        await wait(LOOK)
        continue
      }
      rested = 0
      await wait(this.#plan.commands[this.#next]!.pause)
      await Promise.race([this.#send(), wait(IMPATIENCE)])
    }
  }

  async #send (): Promise<void> {
    const intent = this.#plan.commands[this.#next]
    if (intent === undefined) return
    this.#next++
    await this.#track(intent)
  }

  async #track (intent: Intent): Promise<void> {
    const done = this.#clients.send(intent).finally(() => { this.#underWay.delete(done) })
    this.#underWay.add(done)
    await done
  }
}
