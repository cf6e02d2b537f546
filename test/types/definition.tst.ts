import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { describe, expect, test } from 'tstyche'
import { command, creates, defineAggregate, defineCommands, defineEvents, refuse } from '../../lib/definition/index.js'
import type {
  AnyAggregate, AnyCommands, CommandData, CommandName, DecideContext, DeepReadonly, DomainEvent, Refusal, SendRequest, Senders, StateOf
} from '../../lib/definition/index.js'

const commands = defineCommands('Account', {
  CreateAccount: Type.Object({ owner: Type.String(), tags: Type.Optional(Type.Array(Type.String())) }),
  LimitAccount: command(Type.Object({ limit: Type.Number() }), { summary: 'Limits', examples: [{ limit: 100 }] })
})

const event = defineEvents({
  AccountCreated: Type.Object({ owner: Type.String() }),
  AccountLimited: Type.Object({ limit: Type.Number(), by: Type.Array(Type.Object({ name: Type.String() })) })
})

const foreign = defineEvents({ PeriodOpened: Type.Object({ owner: Type.String() }) })

interface State { owner: string, limit: number, marks: string[] }
const initialState: State = { owner: '', limit: 0, marks: [] }

const evolve = {
  AccountCreated: (account: DeepReadonly<State>, { owner }: { owner: string }) => ({ ...account, owner }),
  AccountLimited: (account: DeepReadonly<State>, { limit }: { limit: number }) => ({ ...account, limit })
}
const decide = {
  CreateAccount: creates(() => event.AccountCreated({ owner: 'Ann' })),
  LimitAccount: () => refuse('NO', 'No.')
}

const Account = defineAggregate(commands, { initialState, events: event, evolve, decide })

test('what is deeply readonly keeps its primitives, branded ones too', () => {
  type Cents = number & { readonly cents: true }
  expect<DeepReadonly<{ a: Cents[], b?: unknown, c: [number, { d: string | null }] }>>()
    .type.toBe<{ readonly a: readonly Cents[], readonly b?: unknown, readonly c: readonly [number, { readonly d: string | null }] }>()
})

describe('commands', () => {
  test('keep their names and their data', () => {
    expect(commands.name).type.toBe<'Account'>()
    expect<CommandName<typeof commands>>().type.toBe<'CreateAccount' | 'LimitAccount'>()
    expect<CommandData<typeof commands, 'LimitAccount'>>().type.toBe<{ limit: number }>()
    expect<Static<typeof commands.commands.CreateAccount.schema>>().type.toBe<{ owner: string, tags?: string[] }>()
    expect(commands.commands).type.not.toHaveProperty('DeleteAccount')
    expect(commands).type.toBeAssignableTo<AnyCommands>()
  })

  test('have examples that fit their schema', () => {
    expect(command).type.not.toBeCallableWith(Type.Object({ limit: Type.Number() }), { examples: [{ limit: 'high' }] })
    expect(command).type.not.toBeCallableWith(Type.Object({ limit: Type.Number() }), { sumary: '' })
    expect(defineCommands).type.not.toBeCallableWith('Account', { CreateAccount: { owner: 'string' } })
    expect(defineCommands).type.not.toBeCallableWith('Account', { CreateAccount: Type.Object({}) }, { spelling: 'kebab' })
  })
})

describe('typed senders', () => {
  type Client = Senders<typeof commands, 'answer'>
  const aggId = ''
  const comId = ''

  test('take the data of their command, and nothing else', () => {
    expect<Client>().type.not.toHaveProperty('DeleteAccount')
    expect<ReturnType<Client['LimitAccount']>>().type.toBe<Promise<'answer'>>()
    const limit = null as unknown as Client['LimitAccount']
    expect(limit).type.toBeCallableWith({ aggId, comId, command: { limit: 1 } })
    expect(limit).type.toBeCallableWith({ aggId, comId, command: { limit: 1 }, deadline: 5 })
    expect(limit).type.not.toBeCallableWith({ aggId, comId, command: { limit: '1' } })
    expect(limit).type.not.toBeCallableWith({ aggId, comId, command: { limit: 1, owner: 'Ann' } })
    expect(limit).type.not.toBeCallableWith({ aggId, comId, command: {} })
    expect(limit).type.not.toBeCallableWith({ aggId, command: { limit: 1 } })
    expect(limit).type.not.toBeCallableWith({ aggId, comId, command: { limit: 1 }, dedline: 5 })
  })

  test('take readonly data', () => {
    const tags: readonly string[] = ['a']
    expect<SendRequest<typeof commands, 'CreateAccount'>>()
      .type.toBeAssignableFrom({ aggId, comId, command: { owner: 'Ann', tags } })
  })
})

describe('events', () => {
  test('are made from the data of their schema', () => {
    expect(event.AccountCreated({ owner: 'Ann' })).type.toBe<DomainEvent<'AccountCreated', { readonly owner: string }>>()
    expect(event).type.not.toHaveProperty('AccountClosed')
    expect(event.AccountCreated).type.not.toBeCallableWith({ owner: 1 })
    expect(event.AccountCreated).type.not.toBeCallableWith({})
    expect(event.AccountCreated).type.not.toBeCallableWith({ owner: 'Ann', limit: 1 })
  })

  test('have stored names of their own', () => {
    expect(defineEvents).type.toBeCallableWith({ A: Type.Object({}) }, { storedNames: { A: 'x' } })
    expect(defineEvents).type.not.toBeCallableWith({ A: Type.Object({}) }, { storedNames: { B: 'x' } })
  })
})

describe('an aggregate', () => {
  test('gives decide and evolve what they work on, readonly to the bottom', () => {
    defineAggregate(commands, {
      initialState,
      events: event,
      evolve: {
        AccountCreated: (account, data) => {
          expect(account).type.toBe<{ readonly owner: string, readonly limit: number, readonly marks: readonly string[] }>()
          expect(data).type.toBe<{ readonly owner: string }>()
          return account
        },
        AccountLimited: (account, data) => {
          expect(data.by).type.toBe<readonly { readonly name: string }[]>()
          return { ...account, limit: data.limit }
        }
      },
      decide: {
        CreateAccount: creates((account: DeepReadonly<State>, command, context) => {
          expect(account.marks).type.toBe<readonly string[]>()
          expect(command).type.toBe<{ readonly owner: string, readonly tags?: readonly string[] }>()
          expect(context).type.toBe<DecideContext>()
          expect(command).type.not.toHaveProperty('limit')
          return event.AccountCreated({ owner: command.owner })
        }),
        LimitAccount: (_account, command) => {
          expect(command).type.toBe<{ readonly limit: number }>()
          return command.limit > 1 ? [event.AccountLimited({ limit: 1, by: [] })] : refuse('NO', 'No.')
        }
      }
    })
  })

  test('infers the state from initialState', () => {
    const Inferred = defineAggregate(commands, {
      initialState: { owner: '' },
      events: event,
      evolve: { AccountCreated: (_state, { owner }) => ({ owner }), AccountLimited: state => state },
      decide
    })
    expect(Inferred.initialState).type.toBe<{ readonly owner: string }>()
    expect<StateOf<typeof Inferred>>().type.toBe<{ readonly owner: string }>()
    expect(Account).type.toBeAssignableTo<AnyAggregate>()
    expect(Account.commands.name).type.toBe<'Account'>()
  })

  test('without its decides or its evolves does not compile', () => {
    expect(defineAggregate).type.toBeCallableWith(commands, { initialState, events: event, evolve, decide })
    const { AccountLimited: _limited, ...fewerEvolves } = evolve
    expect(defineAggregate).type.not.toBeCallableWith(commands, { initialState, events: event, evolve: fewerEvolves, decide })
    const { LimitAccount: _limit, ...fewerDecides } = decide
    expect(defineAggregate).type.not.toBeCallableWith(commands, { initialState, events: event, evolve, decide: fewerDecides })
  })

  test('with a decide or an evolve of something unknown does not compile', () => {
    defineAggregate(commands, {
      initialState,
      events: event,
      // @ts-expect-error 'AccountClosed' does not exist in type
      evolve: { ...evolve, AccountClosed: (account: State) => account },
      decide
    })
    defineAggregate(commands, {
      initialState,
      events: event,
      evolve,
      // @ts-expect-error 'CloseAccount' does not exist in type
      decide: { ...decide, CloseAccount: () => refuse('NO', 'No.') }
    })
  })

  test('with a wrong event does not compile', () => {
    const withLimit = (LimitAccount: unknown) => ({ initialState, events: event, evolve, decide: { ...decide, LimitAccount } })
    expect(defineAggregate).type.not.toBeCallableWith(commands, withLimit(() => 1))
    expect(defineAggregate).type.not.toBeCallableWith(commands, {
      initialState, events: event, evolve, decide: { ...decide, LimitAccount: () => foreign.PeriodOpened({ owner: '' }) }
    })
    expect(defineAggregate).type.not.toBeCallableWith(commands, {
      initialState, events: event, evolve, decide: { ...decide, LimitAccount: () => ({ type: 'AccountCreated' as const, data: { owner: 1 } }) }
    })
    expect(defineAggregate).type.not.toBeCallableWith(commands, {
      initialState, events: event, evolve, decide: { ...decide, LimitAccount: async () => event.AccountCreated({ owner: '' }) }
    })
    expect(defineAggregate).type.not.toBeCallableWith(commands, {
      initialState, events: event, evolve, decide: { ...decide, LimitAccount: () => ({ code: 'NO', message: 'No.' }) }
    })
    expect(defineAggregate).type.not.toBeCallableWith(commands, {
      initialState, events: event, evolve, decide: { ...decide, CreateAccount: creates(() => foreign.PeriodOpened({ owner: '' })) }
    })
  })

  test('with wrong fields does not compile', () => {
    defineAggregate(commands, {
      initialState,
      events: event,
      evolve: {
        // @ts-expect-error Property 'name' does not exist
        AccountCreated: (account, { name }) => account,
        // @ts-expect-error Type 'string' is not assignable to type 'number'
        AccountLimited: account => ({ ...account, limit: 'high' })
      },
      decide: {
        // @ts-expect-error Property 'name' does not exist
        CreateAccount: creates((account, command) => event.AccountCreated({ owner: command.name })),
        // @ts-expect-error Property 'balance' does not exist
        LimitAccount: (account) => account.balance > 0 ? refuse('NO', 'No.') : event.AccountCreated({ owner: '' })
      }
    })
  })

  test('with a decide or an evolve that changes what it was given does not compile', () => {
    defineAggregate(commands, {
      initialState,
      events: event,
      evolve: {
        AccountCreated: (account, { owner }) => {
          // @ts-expect-error Cannot assign to 'owner' because it is a read-only property
          account.owner = owner
          return account
        },
        AccountLimited: (account, data) => {
          // @ts-expect-error Property 'push' does not exist on type 'readonly
          account.marks.push('limited')
          // @ts-expect-error Cannot assign to 'name' because it is a read-only property
          data.by[0]!.name = ''
          return account
        }
      },
      decide
    })
  })

  test('is asked by typed names and data', () => {
    const context: DecideContext = { aggId: '', comId: '', now: new Date() }
    expect(Account.decide('LimitAccount', initialState, { limit: 1 }, context)).type.toBeAssignableFrom<Refusal>()
    // @ts-expect-error Argument of type '"CloseAccount"' is not assignable
    Account.decide('CloseAccount', initialState, { limit: 1 }, context)
    // @ts-expect-error Type 'string' is not assignable to type 'number'
    Account.decide('LimitAccount', initialState, { limit: '1' }, context)
    expect(Account.evolve('AccountCreated', initialState, { owner: '' })).type.toBe<StateOf<typeof Account>>()
    // @ts-expect-error Argument of type '"AccountClosed"' is not assignable
    Account.evolve('AccountClosed', initialState, { owner: '' })
  })
})
