import type { FaultName, Planted } from './history.js'
import { Random } from './random.js'

/** Everything that a storm does to those who take part. */
export type FaultKind = FaultName | `plant_${Planted['what']}` | 'poison'

/** A fault as it is drawn. What the numbers mean exactly is the fault's own business. */
export interface PlannedFault {
  readonly kind: FaultKind
  /** It comes when so many commands have been sent. */
  readonly at: number
  /** Milliseconds after that. */
  readonly delay: number
  /** From 0 to below 1: whom it strikes. */
  readonly whom: number
  /** From 0 to below 1: for how long, or how many. */
  readonly length: number
  /** From 0 to below 1: in which of its forms. */
  readonly form: number
}

interface Trait {
  /** How often it is drawn, beside the one time that each is. */
  readonly weight: number
  /** Only the embedded store can do it. */
  readonly embedded?: true
}

/** All kinds. Kills have a number of their own. */
export const KINDS: Readonly<Record<FaultKind, Trait>> = {
  kill: { weight: 0 },
  stop: { weight: 6 },
  freeze: { weight: 5 },
  deploy: { weight: 2 },
  answer_cut: { weight: 5, embedded: true },
  answer_withheld: { weight: 4, embedded: true },
  answers_delayed: { weight: 4 },
  half_open: { weight: 3 },
  connections_dropped: { weight: 4 },
  store_hung: { weight: 1, embedded: true },
  redelivery: { weight: 4, embedded: true },
  join: { weight: 3 },
  leave: { weight: 3 },
  ids_forgotten: { weight: 4, embedded: true },
  commands_lost: { weight: 2, embedded: true },
  links_held: { weight: 4, embedded: true },
  clock_step: { weight: 4 },
  burst: { weight: 2 },
  poison: { weight: 0 },
  plant_doubled: { weight: 6 },
  plant_unknown_command: { weight: 2 },
  plant_unreadable_command: { weight: 2 },
  plant_unaddressed_command: { weight: 2 },
  plant_closing: { weight: 0 },
  plant_noise: { weight: 2 },
  plant_gone: { weight: 2 }
}

export interface FaultWishes {
  readonly seed: number
  readonly commands: number
  readonly kills: number
  /** Only these; all if missing. */
  readonly kinds?: readonly FaultKind[] | undefined
  /** The store is one that the storm itself runs. */
  readonly embedded: boolean
}

/** Part of all commands before which nothing happens, and after which nothing begins. */
const CALM = 0.04

/** How many faults come at the moment of another. */
const TOGETHER = 0.25

/** Draws the faults of a storm, in their order: the same for the same wishes. */
export function planFaults ({ seed, commands, kills, kinds, embedded }: FaultWishes): PlannedFault[] {
  const random = new Random(seed, 'faults')
  const wanted = (Object.keys(KINDS) as FaultKind[]).filter(kind =>
    (kinds === undefined || kinds.includes(kind)) && (embedded || KINDS[kind].embedded !== true))
  const drawn: FaultKind[] = wanted.filter(kind => kind !== 'kill')
  if (wanted.includes('kill')) for (let i = 0; i < kills; i++) drawn.push('kill')
  const weights = wanted.map(kind => [kind, KINDS[kind].weight] as const).filter(([, weight]) => weight > 0)
  if (weights.length > 0) for (let i = 0; i < kills; i++) drawn.push(random.weighted(weights))
  // What was deployed is rolled back, and comes again.
  if (wanted.includes('deploy')) drawn.push('deploy')

  const places: number[] = []
  const place = (): number => {
    if (places.length > 0 && random.chance(TOGETHER)) return random.pick(places)
    const at = Math.floor(commands * (CALM + random.next() * (1 - 2 * CALM)))
    places.push(at)
    return at
  }
  return drawn.map(kind => ({
    kind, at: place(), delay: random.integer(0, 400), whom: random.next(), length: random.next(), form: random.next()
  })).sort((a, b) => a.at - b.at || a.delay - b.delay)
}
