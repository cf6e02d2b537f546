import { Type } from '@sinclair/typebox'
import { creates, defineAggregate, defineCommands, defineEvents, refuse } from '../../lib/definition/index.js'
import type { AnyAggregate, DomainEvent, Refusal } from '../../lib/definition/index.js'

/** How the newer version of the worker decides `Add`, in comparison with the older one. */
export type Difference =
  | 'none'
  /** It refuses what the older one accepts. */
  | 'outcome'
  /** Its event says something else. */
  | 'content'
  /** Its first event is the older one's only event, and a second follows. */
  | 'number'
  /** Its event is unknown to the older one. */
  | 'unheard'
  /** It throws. */
  | 'defect'

export interface Total {
  readonly total: number
  /** All that has happened: two states are equal only if all events were the same. */
  readonly history: string
}

/** The rules of one version as plain functions: the aggregate is made of them, and so is what checks its outcomes. */
export interface Rules {
  readonly evolve: Readonly<Record<string, (state: Total, data: Readonly<Record<string, number>>) => Total>>
  readonly decide: Readonly<Record<string, (state: Total, by: number) => DomainEvent | readonly DomainEvent[] | Refusal>>
  readonly creating: ReadonlySet<string>
}

export interface Version {
  readonly aggregate: AnyAggregate
  readonly rules: Rules
}

export const INITIAL: Total = { total: 0, history: '' }
const MOST = 2

const schemas = { Opened: Type.Object({}), Added: Type.Object({ by: Type.Integer() }), Noted: Type.Object({ total: Type.Integer() }) }
const event = defineEvents({ ...schemas, Marked: Type.Object({}) })

const evolve: Rules['evolve'] = {
  Opened: ({ total, history }) => ({ total, history: `${history}o` }),
  Added: ({ total, history }, { by }) => ({ total: total + by!, history: `${history}a${by}` }),
  Noted: ({ total, history }, data) => ({ total, history: `${history}n${data.total}` })
}
const evolveMarked: Rules['evolve'] = { ...evolve, Marked: ({ total, history }) => ({ total, history: `${history}m` }) }

// Some outcomes tell the state that they were decided on, and some are equal on different states: both can go wrong.
const decide: Rules['decide'] = {
  Open: () => event.Opened({}),
  Add: ({ total }, by) => total + by > MOST ? refuse('FULL', 'It is full.') : event.Added({ by }),
  Note: ({ total }) => event.Noted({ total }),
  Take: ({ total }, by) => total < by ? refuse('SHORT', `There is only ${total}.`) : event.Added({ by: -by })
}

const newer: Record<Difference, Rules['decide'][string]> = {
  none: decide.Add!,
  outcome: () => refuse('CLOSED', 'Nothing is taken any more.'),
  content: (state, by) => state.total + by > MOST ? refuse('FULL', 'It is full, really.') : event.Added({ by: by + 1 }),
  number: (state, by) => state.total + by > MOST ? refuse('FULL', 'It is full.') : [event.Added({ by }), event.Added({ by: 0 })],
  unheard: () => event.Marked({}),
  defect: () => { throw new Error('a defect') }
}

export const TYPE = 'Model'
export const aggId = '11111111-1111-4111-8111-111111111111'

const By = Type.Object({ by: Type.Integer() })
const commands = defineCommands(TYPE, { Open: Type.Object({}), Add: By, Note: Type.Object({}), Take: By })

const creating: ReadonlySet<string> = new Set(['Open'])

export const older: Version = {
  rules: { evolve, decide, creating },
  aggregate: defineAggregate(commands, {
    initialState: INITIAL,
    events: defineEvents(schemas),
    evolve: { Opened: evolve.Opened!, Added: evolve.Added!, Noted: evolve.Noted! },
    decide: {
      Open: creates((state: Total) => decide.Open!(state, 0) as never),
      Add: (state, { by }) => decide.Add!(state, by) as never,
      Note: state => decide.Note!(state, 0) as never,
      Take: (state, { by }) => decide.Take!(state, by) as never
    }
  }) as unknown as AnyAggregate
}

const made = new Map<Difference, Version>([['none', older]])

/** The version that follows the older one. */
export function newerBy (difference: Difference): Version {
  const known = made.get(difference)
  if (known !== undefined) return known
  const version = versionBy(difference)
  made.set(difference, version)
  return version
}

function versionBy (difference: Difference): Version {
  const rules: Rules = { evolve: evolveMarked, decide: { ...decide, Add: newer[difference] }, creating }
  const aggregate = defineAggregate(commands, {
    initialState: INITIAL,
    events: event,
    evolve: { Opened: evolve.Opened!, Added: evolve.Added!, Noted: evolve.Noted!, Marked: evolveMarked.Marked! },
    decide: {
      Open: creates((state: Total) => decide.Open!(state, 0) as never),
      Add: (state, { by }) => newer[difference](state, by) as never,
      Note: state => decide.Note!(state, 0) as never,
      Take: (state, { by }) => decide.Take!(state, by) as never
    }
  })
  return { rules, aggregate: aggregate as unknown as AnyAggregate }
}

/** Ids of commands. The first two have the same 64-bit hash: each is taken for the other until the stream is read. */
export const ALIKE = ['00013b19-a6fa-a993-8000-000000000001', '00015346-e1dc-b5c3-8000-000000000001'] as const
export const comId = (n: number): string => `22222222-2222-4222-8222-${String(n).padStart(12, '0')}`
