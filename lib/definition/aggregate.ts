import type { Static } from '@sinclair/typebox'
import { DefinitionError, DefinitionIncompleteError, DefinitionUnknownPartError, NoStateError } from '../errors.js'
import { eventDefinitions } from './events.js'
import type { Events } from './events.js'
import { freezeNew } from './freeze.js'
import { checkOptions } from './names.js'
import type {
  Aggregate, AnyCommands, CommandData, CommandName, Decide, DecideContext, DeepReadonly, EventOf, Evolve, Schemas
} from './types.js'

const CREATES = Symbol.for('fastify-unistream.creates')

/** A decide of a command that begins an aggregate. Made by `creates`. */
export interface Creating<F> {
  readonly begins: true
  readonly decide: F
}

type AnyDecide = (state: never, command: never, context: DecideContext) => unknown
type AnyEvolve = (state: unknown, data: unknown) => unknown

/** What `defineAggregate` is told: see the README for one in full. */
export interface Behaviour<C extends AnyCommands, State, E extends Schemas> {
  /** The state of an aggregate before its first event. */
  readonly initialState: State
  readonly events: Events<E>
  /** How each event changes the state. */
  readonly evolve: { readonly [K in keyof NoInfer<E> & string]: Evolve<NoInfer<State>, Static<E[K]>> }
  /** What becomes of each command. A command needs its aggregate to exist, unless its decide is wrapped in `creates`. */
  readonly decide: {
    readonly [K in CommandName<C>]:
      | Decide<NoInfer<State>, CommandData<C, K>, EventOf<NoInfer<E>>>
      | Creating<Decide<NoInfer<State>, CommandData<C, K>, EventOf<NoInfer<E>>>>
  }
}

/**
 * Marks a command that begins its aggregate. On an aggregate that exists it is refused before decide is asked, so that the
 * state it gets is the initial one. Its type must be written where it is used, since TypeScript looks into calls before it
 * knows the state: `creates((account: DeepReadonly<State>, command) => …)`.
 */
export function creates<F extends AnyDecide> (decide: F): Creating<F> {
  return Object.defineProperty({ begins: true, decide }, CREATES, { value: true }) as Creating<F>
}

/**
 * An aggregate type: how its commands are decided, and how its events change its state. All functions are pure and
 * deterministic, and get what they cannot change. Throws an error of a code that begins with `UNISTREAM_DEFINITION_`, and names
 * the part that is wrong, for what cannot work.
 */
export function defineAggregate<C extends AnyCommands, State, E extends Schemas> (
  commands: C, behaviour: Behaviour<C, State, E>
): Aggregate<C, State, E> {
  if (commands?.byStoredName === undefined) {
    throw new DefinitionError('defineAggregate was called without commands: make them with defineCommands')
  }
  const type = commands.name
  checkOptions(`The parts of the aggregate ${type}`, behaviour, ['initialState', 'events', 'evolve', 'decide'])
  const initialState = frozenInitialState(type, behaviour?.initialState)
  const events = eventDefinitions(commands, behaviour.events as unknown as Events<Schemas>)
  const evolves = partsOf<AnyEvolve>(type, 'evolve', 'event', events.byName, behaviour.evolve)
  const decides = new Map<string, AnyDecide>()
  const creating = new Set<string>()
  for (const [name, decide] of Object.entries(behaviour.decide ?? {})) {
    if (isCreating(decide)) creating.add(name)
    decides.set(name, isCreating(decide) ? decide.decide : decide as AnyDecide)
  }
  partsOf(type, 'decide', 'command', commands.commands, Object.fromEntries(decides))
  if (creating.size === 0) {
    throw new DefinitionIncompleteError(`No command creates the aggregate ${type}`, 'wrap the decide of the command that begins it in creates()')
  }

  return Object.freeze({
    commands,
    initialState,
    events: events.byName,
    eventByStoredName: (stored: string) => events.byStoredName.get(stored),
    creates: (command: string) => creating.has(command),
    decide (command: string, state: unknown, data: unknown, { aggId, comId, now }: DecideContext) {
      return decides.get(command)!(freezeNew(state) as never, freezeNew(data) as never, { aggId, comId, now: new Date(now) })
    },
    evolve (event: string, state: unknown, data: unknown) {
      const next = evolves.get(event)!(freezeNew(state), freezeNew(data))
      if (next === undefined) throw new NoStateError(`${type}.${event}`)
      return freezeNew(next) as DeepReadonly<State>
    }
  }) as unknown as Aggregate<C, State, E>
}

function frozenInitialState (type: string, initialState: unknown): unknown {
  if (initialState === undefined) {
    throw new DefinitionError(`The aggregate ${type} has no initialState: say what it is before its first event`)
  }
  try {
    return freezeNew(initialState)
  } catch (error) {
    throw new DefinitionError(`The initialState of the aggregate ${type} cannot be used. ${(error as Error).message}`)
  }
}

/** The functions of one kind, one for each thing that is defined. */
function partsOf<F> (
  type: string, kind: string, of: string, defined: Readonly<Record<string, unknown>>, parts: object | undefined
): Map<string, F> {
  const names = Object.keys(defined)
  for (const name of Object.keys(parts ?? {})) {
    if (!names.includes(name)) {
      throw new DefinitionUnknownPartError(`The ${of} ${type}.${name} in ${kind}`, `${type} has the ${of}s ${names.join(', ')}`)
    }
  }
  return new Map(names.map(name => {
    const part = (parts as Record<string, unknown> | undefined)?.[name]
    if (typeof part !== 'function') {
      throw new DefinitionIncompleteError(`The ${of} ${type}.${name} has no ${kind}`, `add a function ${name} to ${kind}`)
    }
    return [name, part as F]
  }))
}

function isCreating (decide: unknown): decide is Creating<AnyDecide> {
  return typeof decide === 'object' && decide !== null && Object.hasOwn(decide, CREATES)
}
