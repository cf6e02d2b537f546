import { Type } from '@sinclair/typebox'
import t from 'tap'
import { command, creates, defineAggregate, defineCommands, defineEvents, refuse } from '../../lib/definition/index.js'
import type { CommandsOptions } from '../../lib/definition/index.js'
import { refusedWith } from './define.js'

const empty = Type.Object({})

function define (type: string, options: CommandsOptions = {}, name = 'Change', storedName = name): () => unknown {
  return () => defineCommands(type, { [name]: command(empty, { storedName }) }, options)
}

function defineEvent (name: string, storedName = name, options: CommandsOptions = {}): () => unknown {
  return () => {
    const event = defineEvents({ [name]: empty }, { storedNames: { [name]: storedName } })
    return defineAggregate(defineCommands('Thing', { Change: empty }, options), {
      initialState: {}, events: event, evolve: { [name]: (state: object) => state }, decide: { Change: creates(() => refuse('NO', 'No.')) }
    })
  }
}

t.test('names of letters, digits and _ are taken, in code and in the store', async t => {
  for (const name of ['Account', 'a', 'A1_b', 'x'.repeat(200)]) {
    define(name)()
    define('Thing', {}, name)()
    defineEvent(name)()
  }
  for (const storedName of ['Account.Domain.Account', 'a/b', '1', '銀行', '_']) define('Account', { storedName })()
  for (const storedName of ['Account.Domain.Create-Account', '1']) {
    define('Account', {}, 'Create', storedName)()
    defineEvent('Created', storedName)()
  }
})

t.test('other names are refused, with the reason', async t => {
  const bad = ['', '1a', '_a', 'a-b', 'a.b', 'a b', 'é', '$a', 'a/b', 'a\n']
  for (const name of bad) {
    for (const make of [define(name), define('Thing', {}, name, 'stored'), defineEvent(name, 'stored')]) {
      const { code, message } = refusedWith(make)
      t.equal(code, 'UNISTREAM_DEFINITION_NAME')
      t.ok(message.includes(JSON.stringify(name)), message)
      t.match(message, 'start with a letter A to Z or a to z, and go on with letters, digits and _ only')
    }
  }
  t.match(refusedWith(() => defineCommands(5 as unknown as string, {})).message, 'An aggregate type cannot be called 5')
})

t.test('names that hide something are refused', async t => {
  for (const name of ['readiness', 'close', 'then', 'constructor', 'toString', 'hasOwnProperty', 'prototype']) {
    const { code, message } = refusedWith(define(name))
    t.equal(code, 'UNISTREAM_DEFINITION_NAME')
    t.match(message, `An aggregate type cannot be called "${name}"`)
  }
  for (const name of ['then', 'constructor', 'toJSON']) {
    t.match(refusedWith(define('Thing', {}, name)).message, `A command cannot be called "${name}"`)
    t.match(refusedWith(defineEvent(name)).message, `An event cannot be called "${name}"`)
  }
  define('Thing', {}, 'close')()
})

t.test('names that the store could not hold, or would take for something else, are refused', async t => {
  const refused: Array<[() => unknown, RegExp]> = [
    [define('Account', { storedName: 'Bank-Account' }), /The aggregate type Account, in the store, cannot be called "Bank-Account": .*without it/],
    [define('Account', { storedName: '$Account' }), /leading \$ are the store's own/],
    [define('Account', { storedName: '' }), /at least one character/],
    [define('Account', { storedName: 'a b' }), /without blanks/],
    [define('Account', { storedName: 'a\u0000' }), /without blanks/],
    [define('Account', { storedName: 'a\ud800' }), /without blanks/],
    [define('Account', { storedName: 5 as unknown as string }), /cannot be called 5/],
    [define('Account', { refusedName: '' }), /A refusal of Account, in the store, cannot be called ""/],
    [define('Account', { refusedName: '$no' }), /A refusal of Account/],
    [define('Account', {}, 'Create', '$Create'), /The command Account.Create, in the store,/],
    [define('Account', {}, 'Create', ''), /The command Account.Create, in the store,/],
    [defineEvent('Created', '$Created'), /The event Thing.Created, in the store,/],
    [defineEvent('Fail'), /senders take an event of this type for an answer/],
    [defineEvent('Created', 'Duplicate'), /senders take an event of this type for an answer/],
    [defineEvent('CommandRefused'), /The event Thing.CommandRefused, in the store, cannot be called "CommandRefused": refusals are stored under that name/],
    [defineEvent('Created', 'No', { refusedName: 'No' }), /refusals are stored under that name/]
  ]
  for (const [make, message] of refused) {
    const error = refusedWith(make)
    t.equal(error.code, 'UNISTREAM_DEFINITION_NAME')
    t.match(error.message, message)
  }
})

t.test('two of one stored name are refused, and both are named', async t => {
  const commands = refusedWith(() => defineCommands('Account', {
    Create: command(empty, { storedName: 'x' }), Open: command(empty, { storedName: 'x' })
  }))
  t.equal(commands.code, 'UNISTREAM_DEFINITION_NAME')
  t.match(commands.message, 'The command Account.Open, in the store, cannot be called "x": Account.Create is stored under that name already')
  const events = refusedWith(() => defineAggregate(defineCommands('Account', { Create: empty }), {
    initialState: {},
    events: defineEvents({ Created: empty, Opened: empty }, { storedNames: { Opened: 'Created' } }),
    evolve: { Created: state => state, Opened: state => state },
    decide: { Create: creates(() => refuse('NO', 'No.')) }
  }))
  t.match(events.message, 'The event Account.Opened, in the store, cannot be called "Created": Account.Created is stored under that name already')
})
