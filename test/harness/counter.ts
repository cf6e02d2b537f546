import { Type } from '@sinclair/typebox'
import { creates, defineAggregate, defineCommands, defineEvents, refuse } from '../../lib/definition/index.js'
import type { TakenCommand } from '../../lib/decision/index.js'

export const events = defineEvents({
  Started: Type.Object({}),
  Added: Type.Object({ by: Type.Integer() }),
  Broken: Type.Object({}),
  Written: Type.Object({ text: Type.String() })
})

const misbehaviours: Record<string, () => unknown> = {
  throw: () => { throw new Error('secret of the inside') },
  nothing: () => undefined,
  empty: () => [],
  text: () => 'an event',
  later: async () => events.Added({ by: 1 }),
  rejected: async () => { throw new Error('secret of the inside') },
  unknown: () => ({ type: 'Nonsense', data: {} }),
  inherited: () => ({ type: 'toString', data: {} }),
  misfit: () => ({ type: 'Added', data: { by: 'much' } }),
  nameless: () => refuse('', 'No name.'),
  cycle: () => {
    const details: Record<string, unknown> = {}
    details.self = details
    return refuse('CYCLE', 'Round.', details)
  }
}

/** An aggregate type that has every way of going wrong. */
export function defineCounter<N extends string> (name: N) {
  const commands = defineCommands(name, {
    Start: Type.Object({}),
    Add: Type.Object({ by: Type.Integer() }),
    AddTwice: Type.Object({ by: Type.Integer() }),
    Refuse: Type.Object({ details: Type.Optional(Type.Any()) }),
    Misbehave: Type.Object({ how: Type.String() }),
    Write: Type.Object({ bytes: Type.Integer() })
  })
  return defineAggregate(commands, {
    initialState: { total: 0 },
    events,
    evolve: {
      Started: state => state,
      Added: (state, { by }) => ({ ...state, total: state.total + by }),
      Broken: () => { throw new Error('cannot evolve') },
      Written: state => state
    },
    decide: {
      Start: creates(() => events.Started({})),
      Add: (state, { by }) => state.total + by < 0 ? refuse('BELOW_ZERO', `${state.total} is too little.`) : events.Added({ by }),
      AddTwice: (_, { by }) => [events.Added({ by }), events.Added({ by })],
      Refuse: (_, { details }) => refuse('NO', 'No.', details),
      Misbehave: (_, { how }) => (how === 'evolve' ? events.Broken({}) : misbehaviours[how]!()) as ReturnType<typeof events.Added>,
      Write: (_, { bytes }) => events.Written({ text: 'x'.repeat(bytes) })
    }
  })
}

export const Counter = defineCounter('Counter')

export const aggId = '11111111-1111-4111-8111-111111111111'
export const comId = (n: number) => `22222222-2222-4222-8222-${String(n).padStart(12, '0')}`

export function taken (n: number, type: string, data: unknown, over: Partial<TakenCommand> = {}): TakenCommand {
  return { aggId, comId: comId(n), type, data: Buffer.from(JSON.stringify(data)), created: 0, deliveries: 1, ...over }
}
