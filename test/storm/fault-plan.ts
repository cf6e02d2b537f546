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
  /** It waits until nothing else is wrong, so that it can be seen what it does alone; meanwhile no other begins. */
  readonly solitary?: true
  /** For longer than what keeps connections alive. */
  readonly long?: true
}

interface Trait {
  /** How often it is drawn, beside the one time that each is. */
  readonly weight: number
  /** Only the embedded store can do it. */
  readonly embedded?: true
  /** Done to the way between a process and the store, which only a relay can. */
  readonly relay?: true
}

/** All kinds. Kills have a number of their own. */
export const KINDS: Readonly<Record<FaultKind, Trait>> = {
  kill: { weight: 0 },
  stop: { weight: 6 },
  freeze: { weight: 5 },
  deploy: { weight: 2 },
  decided_twice: { weight: 1, relay: true },
  answer_cut: { weight: 5, embedded: true },
  answer_withheld: { weight: 4, embedded: true },
  answers_delayed: { weight: 4, relay: true },
  half_open: { weight: 3, relay: true },
  connections_dropped: { weight: 4, relay: true },
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
  plant_doubled_unfit: { weight: 2 },
  plant_unknown_command: { weight: 2 },
  plant_unreadable_command: { weight: 2 },
  plant_unaddressed_command: { weight: 2 },
  plant_closing: { weight: 0 },
  plant_noise: { weight: 2 },
  // A real server's links are not to be held, and its projection would not survive a link of somebody else.
  plant_gone: { weight: 2, embedded: true }
}

export interface FaultWishes {
  readonly seed: number
  readonly commands: number
  readonly kills: number
  /** Only these; all if missing. */
  readonly kinds?: readonly FaultKind[] | undefined
  /** The store is one that the storm itself runs. */
  readonly embedded: boolean
  /** Processes reach the store through relays; so they do unless it is said. */
  readonly relays?: boolean
}

/** Part of all commands before which nothing happens, and after which nothing begins. */
const CALM = 0.04
/** Commands: what the calm at the beginning has at the least, so that there is something undisturbed in the shortest storm. */
const LEAST_CALM = 100

/** How many commands are sent before anything happens. */
export function calmOf (commands: number): number {
  return Math.floor(Math.max(commands * CALM, Math.min(LEAST_CALM, commands / 4)))
}

/** From so many commands on a storm has time for what takes half a minute. */
const LONG_STORM = 5_000
/** Of the kills. */
const SOLITARY = 0.3
const COMMANDS_PER_POISON = 4_000

/** How many faults come at the moment of another. */
const TOGETHER = 0.25

/** Draws the faults of a storm, in their order: the same for the same wishes. */
export function planFaults ({ seed, commands, kills, kinds, embedded, relays = true }: FaultWishes): PlannedFault[] {
  const random = new Random(seed, 'faults')
  const wanted = (Object.keys(KINDS) as FaultKind[]).filter(kind =>
    (kinds === undefined || kinds.includes(kind)) && (embedded || KINDS[kind].embedded !== true) && (relays || KINDS[kind].relay !== true))
  const drawn: FaultKind[] = wanted.filter(kind => kind !== 'kill')
  if (wanted.includes('kill')) for (let i = 0; i < kills; i++) drawn.push('kill')
  const weights = wanted.map(kind => [kind, KINDS[kind].weight] as const).filter(([, weight]) => weight > 0)
  if (weights.length > 0) for (let i = 0; i < kills; i++) drawn.push(random.weighted(weights))
  // What was deployed is rolled back, and comes again.
  if (wanted.includes('deploy')) drawn.push('deploy')
  if (wanted.includes('poison')) for (let i = 0; i < Math.floor(commands / COMMANDS_PER_POISON); i++) drawn.push('poison')
  const long = commands >= LONG_STORM ? LONG.filter(kind => wanted.includes(kind)) : []
  drawn.push(...long)

  const calm = calmOf(commands)
  const places: number[] = []
  const place = (): number => {
    if (places.length > 0 && random.chance(TOGETHER)) return random.pick(places)
    const at = Math.floor(calm + random.next() * (commands * (1 - CALM) - calm))
    places.push(at)
    return at
  }
  const seen = new Map<FaultKind, number>()
  return drawn.map((kind, index): PlannedFault => {
    const fault = { kind, at: place(), delay: random.integer(0, 400), whom: random.next(), length: random.next(), form: random.next() }
    const before = seen.get(kind) ?? 0
    seen.set(kind, before + 1)
    if (index >= drawn.length - long.length) return { ...fault, long: true }
    // Only a worker's death leaves commands to others.
    if (kind === 'kill' && before < Math.ceil(kills * SOLITARY)) return { ...fault, form: WORKER + fault.form * (1 - WORKER), solitary: true }
    // The first one into the fail stream.
    return kind === 'plant_noise' && before === 0 ? { ...fault, form: fault.form * FAIL } : fault
  }).sort((a, b) => a.at - b.at || a.delay - b.delay)
}

/** What a long storm has once for longer than keep-alive. */
const LONG: readonly FaultKind[] = ['store_hung', 'half_open']

/** Below, noise goes to the fail stream; else to the duplicates. */
export const FAIL = 0.7
/** From here on a kill strikes a worker. */
export const WORKER = 0.45
