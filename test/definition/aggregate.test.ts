import { Type } from '@sinclair/typebox'
import t from 'tap'
import { creates, defineAggregate, defineCommands, defineEvents, isRefusal, refuse } from '../../lib/definition/index.js'
import type { Behaviour } from '../../lib/definition/index.js'
import { refusedWith } from './define.js'

interface State { readonly owner: string, readonly marks: readonly string[] }

const commands = defineCommands('Account', {
  Create: Type.Object({ owner: Type.String(), tags: Type.Optional(Type.Array(Type.String())) }),
  Mark: Type.Object({ mark: Type.String() })
})
const event = defineEvents({
  Created: Type.Object({ owner: Type.String() }),
  Marked: Type.Object({ mark: Type.String() })
}, { storedNames: { Marked: 'Account.Marked' } })

const initialState: State = { owner: '', marks: [] }
const behaviour: Behaviour<typeof commands, State, {
  readonly Created: (typeof Account.events.Created)['schema'], readonly Marked: (typeof Account.events.Marked)['schema']
}> = {
  initialState,
  events: event,
  evolve: {
    Created: (account, { owner }) => ({ ...account, owner }),
    Marked: (account, { mark }) => ({ ...account, marks: [...account.marks, mark] })
  },
  decide: {
    Create: creates((_account, { owner }) => event.Created({ owner })),
    Mark: (account, { mark }) => account.marks.includes(mark)
      ? refuse('MARKED', `It is marked ${mark} already.`)
      : [event.Marked({ mark }), event.Marked({ mark: `${mark}!` })]
  }
}
const Account = define()
const context = { aggId: '5f9e65ec-dd5b-4141-93cd-6763b6763f4a', comId: '66d2a95c-68bd-4bca-bcbf-4394764e9c55', now: new Date(0) }

function define (changes: object = {}) {
  return defineAggregate(commands, {
    initialState,
    events: event,
    evolve: {
      Created: (account, { owner }) => ({ ...account, owner }),
      Marked: (account, { mark }) => ({ ...account, marks: [...account.marks, mark] })
    },
    decide: {
      Create: creates((_account, { owner }) => event.Created({ owner })),
      Mark: (account, { mark }) => account.marks.includes(mark)
        ? refuse('MARKED', `It is marked ${mark} already.`)
        : [event.Marked({ mark }), event.Marked({ mark: `${mark}!` })]
    },
    ...changes
  })
}

t.test('decides commands and evolves by events', async t => {
  t.strictSame(Account.decide('Create', initialState, { owner: 'Ann' }, context), { type: 'Created', data: { owner: 'Ann' } })
  const created = Account.evolve('Created', Account.initialState, { owner: 'Ann' })
  t.strictSame(created, { owner: 'Ann', marks: [] })
  t.strictSame(Account.decide('Mark', created, { mark: 'x' }, context),
    [{ type: 'Marked', data: { mark: 'x' } }, { type: 'Marked', data: { mark: 'x!' } }])
  const marked = Account.evolve('Marked', created, { mark: 'x' })
  t.ok(isRefusal(Account.decide('Mark', marked, { mark: 'x' }, context)))
  t.strictSame(initialState, { owner: '', marks: [] })
})

t.test('knows which commands create', async t => {
  t.equal(Account.creates('Create'), true)
  t.equal(Account.creates('Mark'), false)
})

t.test('knows its events by name and by stored name', async t => {
  t.equal(Account.commands, commands)
  t.equal(Account.events.Created.storedName, 'Created')
  t.equal(Account.events.Marked.storedName, 'Account.Marked')
  const { eventByStoredName } = Account
  t.equal(eventByStoredName('Account.Marked'), Account.events.Marked)
  t.equal(eventByStoredName('Marked'), undefined)
  t.equal(eventByStoredName('toString'), undefined)
  t.strictSame(Account.events.Created.check({ owner: 5, x: 1 }).map(({ rule }) => rule), ['additionalProperties', 'type'])
  t.strictSame(Account.events.Created.fromStored(JSON.parse(Account.events.Created.toStored({ owner: 'Ann' }))), { owner: 'Ann' })
})

t.test('what decide and evolve are given cannot be changed, to the bottom', async t => {
  const thefts: Array<() => void> = []
  const Robbed = define({
    decide: {
      Create: creates((account: { owner: string, marks: string[] }, command: { tags: string[] }) => {
        thefts.push(() => { account.owner = 'Eve' }, () => account.marks.push('x'), () => command.tags.push('x'))
        return event.Created({ owner: 'Ann' })
      }),
      Mark: () => refuse('NO', 'No.')
    },
    evolve: {
      Created: (account: State, data: { owner: string }) => {
        thefts.push(() => { data.owner = 'Eve' })
        return { ...account, ...data, marks: ['a'] }
      },
      Marked: (account: State) => account
    }
  })
  Robbed.decide('Create', { owner: '', marks: ['m'] }, { owner: 'Ann', tags: ['t'] }, context)
  const state = Robbed.evolve('Created', { owner: '', marks: [] }, { owner: 'Ann' })
  thefts.push(() => (state.marks as string[]).push('x'), () => { (Robbed.initialState as { owner: string }).owner = 'Eve' })
  t.equal(thefts.length, 6)
  for (const theft of thefts) t.throws(theft, TypeError)
  t.ok(Object.isFrozen(Robbed))
})

t.test('each decide gets a moment of its own, which it cannot spoil for others', async t => {
  const moments: Date[] = []
  const { decide } = define({
    decide: {
      Create: creates((_account: State, _command: object, { now }: { now: Date }) => {
        moments.push(now)
        now.setFullYear(1970 + moments.length)
        return event.Created({ owner: '' })
      }),
      Mark: () => refuse('NO', 'No.')
    }
  })
  const now = new Date(Date.UTC(2024, 1, 29))
  for (let times = 0; times < 2; times++) decide('Create', initialState, { owner: '' }, { ...context, now })
  t.equal(now.toISOString(), '2024-02-29T00:00:00.000Z')
  t.not(moments[0], moments[1])
  t.strictSame(moments.map(moment => moment.getFullYear()), [1971, 1972])
})

t.test('a decide that throws, throws; what it returns is not looked at', async t => {
  const { decide } = define({ decide: { Create: creates(() => { throw new Error('a defect') }), Mark: () => 'nonsense' } })
  t.throws(() => decide('Create', initialState, { owner: '' }, context), new Error('a defect'))
  t.equal(decide('Mark', initialState, { mark: '' }, context) as unknown, 'nonsense')
})

t.test('an evolve that gives no state, or none that can be kept from changing, is an error', async t => {
  const evolving = (Created: () => unknown) => define({ evolve: { Created, Marked: (account: State) => account } })
  const nothing = refusedWith(() => evolving(() => undefined).evolve('Created', initialState, { owner: '' }))
  t.equal(nothing.code, 'UNISTREAM_NO_STATE')
  t.match(nothing.message, 'The evolve of Account.Created returned nothing')
  for (const state of [{ at: new Date() }, Promise.resolve({}), { marks: new Set() }]) {
    t.equal(refusedWith(() => evolving(() => state).evolve('Created', initialState, { owner: '' })).code, 'UNISTREAM_NOT_PLAIN_DATA')
  }
})

t.test('a definition that cannot work is refused, with the part that is wrong', async t => {
  const { Mark: _mark, ...fewerDecides } = behaviour.decide
  const { Marked: _marked, ...fewerEvolves } = behaviour.evolve
  const refused: Array<[() => unknown, string, RegExp]> = [
    [() => define({ decide: fewerDecides }), 'INCOMPLETE', /The command Account.Mark has no decide: add a function Mark to decide/],
    [() => define({ decide: undefined }), 'INCOMPLETE', /The command Account.Create has no decide/],
    [() => define({ decide: { ...behaviour.decide, Mark: 5 } }), 'INCOMPLETE', /The command Account.Mark has no decide/],
    [() => define({ decide: { ...behaviour.decide, Mark: null } }), 'INCOMPLETE', /The command Account.Mark has no decide/],
    [() => define({ decide: { ...behaviour.decide, Mark: creates(5 as never) } }), 'INCOMPLETE', /The command Account.Mark has no decide/],
    [() => define({ decide: { ...behaviour.decide, Close: () => refuse('NO', 'No.') } }), 'UNKNOWN_PART', /The command Account.Close in decide is not defined: Account has the commands Create, Mark/],
    [() => define({ evolve: fewerEvolves }), 'INCOMPLETE', /The event Account.Marked has no evolve: add a function Marked to evolve/],
    [() => define({ evolve: undefined }), 'INCOMPLETE', /The event Account.Created has no evolve/],
    [() => define({ evolve: { ...behaviour.evolve, Closed: (state: State) => state } }), 'UNKNOWN_PART', /The event Account.Closed in evolve is not defined/],
    [() => define({ decide: { Create: () => refuse('NO', 'No.'), Mark: () => refuse('NO', 'No.') } }), 'INCOMPLETE', /No command creates the aggregate Account: wrap the decide of the command that begins it in creates\(\)/],
    [() => define({ initialState: undefined }), 'INVALID', /The aggregate Account has no initialState/],
    [() => define({ initialState: { at: new Date() } }), 'INVALID', /The initialState of the aggregate Account cannot be used. At \/at stands an instance of Date/],
    [() => define({ intialState: {} }), 'INVALID', /The parts of the aggregate Account have no intialState/],
    [() => define({ events: undefined }), 'INVALID', /The events of Account are not defined: make them with defineEvents/],
    [() => define({ events: { Created: Type.Object({}) } }), 'INVALID', /make them with defineEvents/],
    [() => define({ events: defineEvents({}), evolve: {} }), 'INVALID', /The aggregate type Account has no events: define at least one/],
    [() => defineAggregate(commands, undefined as never), 'INVALID', /The aggregate Account has no initialState/],
    [() => defineAggregate(undefined as never, {} as never), 'INVALID', /without commands: make them with defineCommands/],
    [() => defineEvents(undefined as never), 'INVALID', /defineEvents was called without events/],
    [() => defineEvents({ A: Type.Object({}) }, { storedNames: { B: 'x' } } as object), 'INVALID', /A stored name is given for the event B, which is not defined/],
    [() => defineEvents({ A: Type.Object({}) }, { names: {} } as object), 'INVALID', /The options of defineEvents have no names/],
    [() => define({ events: defineEvents({ Created: Type.Object({ at: Type.Date() }), Marked: Type.Object({}) }) }), 'SCHEMA', /The schema of the event Account.Created cannot be used/]
  ]
  for (const [make, code, message] of refused) {
    const error = refusedWith(make)
    t.equal(error.code, `UNISTREAM_DEFINITION_${code}`, error.message)
    t.match(error.message, message)
  }
})
