import type { Clients, Sent } from './clients.js'
import type { Fleet } from './fleet.js'

/** Commands that were sent so many milliseconds before a kill count as under way; what is open for longer has troubles of its own. */
const UNDER_WAY = 1_000

interface Death {
  /** No other fault was under way. */
  readonly alone: boolean
  readonly at: number
  /** Commands that it held, as far as can be seen: of aggregates that it decided last, sent and not answered. */
  readonly held: readonly Sent[]
  /** The aggregates that it decided last. */
  readonly aggregates: ReadonlySet<string>
}

/** Milliseconds; undefined where there was nothing to measure. */
export interface Quantiles {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

/** How long it takes until somebody else does what a killed worker held. */
export class Recovery {
  readonly #deaths: Death[] = []
  readonly #fleet: Fleet
  readonly #clients: Clients

  constructor (fleet: Fleet, clients: Clients) {
    this.#fleet = fleet
    this.#clients = clients
  }

  /** To be called at the moment of a worker's kill. */
  killed (worker: string, at: number, alone: boolean): void {
    const aggregates = new Set([...this.#fleet.decider].filter(([, decider]) => decider === worker).map(([aggId]) => aggId))
    const held = this.#clients.open().filter(({ intent, since }) => aggregates.has(intent.aggId) && since < at && since > at - UNDER_WAY)
    if (held.length > 0) this.#deaths.push({ at, held, aggregates, alone })
  }

  /**
   * From the kill to the first answer for a command that the worker held; and what commands of others waited that were under way then, or sent
   * meanwhile. A client that has left hears of the outcome when it comes back, which says nothing of the workers: such commands are counted only.
   *
   * @param alone only kills beside which no other fault was under way
   */
  measure (alone: boolean): { first: Quantiles | undefined, others: Quantiles | undefined, left: number } {
    const firsts: number[] = []
    const others: number[] = []
    let left = 0
    const all = [...this.#clients.sent]
    for (const { at, held, aggregates } of this.#deaths.filter(death => death.alone || !alone)) {
      const told = held.filter(hasWaited).map(({ told }) => told!)
      if (told.length === 0) continue
      const first = Math.min(...told)
      firsts.push(first - at)
      for (const sent of all) {
        const { intent, since, told = Infinity } = sent
        if (aggregates.has(intent.aggId) || since <= at - UNDER_WAY || since >= first || told <= at) continue
        // Those that were under way too have waited from the kill on.
        if (hasWaited(sent)) others.push(told - Math.max(at, since))
        else left++
      }
    }
    return { first: quantiles(firsts), others: quantiles(others), left }
  }
}

/** Whether its client was there until the outcome was told. */
function hasWaited ({ told, left = Infinity }: Sent): boolean {
  return told !== undefined && told <= left
}

function quantiles (values: number[]): Quantiles | undefined {
  if (values.length === 0) return undefined
  const sorted = values.sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) }
}
