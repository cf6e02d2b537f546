import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { command, defineCommands } from '../../lib/definition/index.js'
import type { CommandsOptions } from '../../lib/definition/index.js'
import { refusedWith } from './define.js'

const Owner = Type.Object({ owner: Type.String() })

t.test('a plain schema is a command', async t => {
  const account = defineCommands('Account', { CreateAccount: Owner })
  t.equal(account.name, 'Account')
  t.equal(account.storedName, 'Account')
  t.equal(account.refusedName, 'CommandRefused')
  t.equal(account.spelling, 'asWritten')
  const create = account.commands.CreateAccount
  t.equal(create.name, 'CreateAccount')
  t.equal(create.storedName, 'CreateAccount')
  t.notOk('summary' in create || 'description' in create || 'examples' in create)
  t.equal(account.byStoredName('CreateAccount'), create)
  t.equal(account.byStoredName('toString'), undefined)
  t.equal((account.commands as Record<string, unknown>).toString, undefined, 'nor is there a command of every object')
})

t.test('a described command tells more', async t => {
  const example = { owner: 'Ann' }
  const account = defineCommands('Account', {
    CreateAccount: command(Owner, { summary: 'Create', description: 'Creates it.', examples: [example], storedName: 'Account.Domain.CreateAccount' }),
    Other: command(Owner)
  }, { storedName: 'Account.Domain.Account', refusedName: 'Refused' })
  const create = account.commands.CreateAccount
  t.equal(account.storedName, 'Account.Domain.Account')
  t.equal(account.refusedName, 'Refused')
  t.equal(create.storedName, 'Account.Domain.CreateAccount')
  t.equal(create.summary, 'Create')
  t.equal(create.description, 'Creates it.')
  t.strictSame(create.examples, [example])
  t.strictSame(create.schema.examples, [example], 'for documentation pages, which look at the schema')
  t.equal(account.byStoredName('Account.Domain.CreateAccount'), create)
  t.equal(account.byStoredName('CreateAccount'), undefined)
  t.equal(account.commands.Other.storedName, 'Other')
})

t.test('definitions cannot be changed', async t => {
  const account = defineCommands('Account', { CreateAccount: command(Owner, { examples: [{ owner: 'Ann' }] }) })
  for (const part of [account, account.commands, account.commands.CreateAccount, account.commands.CreateAccount.examples]) t.ok(Object.isFrozen(part))
})

t.test('functions of a definition stand alone', async t => {
  const { check, toStored, fromStored, fingerprint } = defineCommands('Account', { CreateAccount: Owner }).commands.CreateAccount
  t.strictSame(check({ owner: 'Ann' }), [])
  t.equal(toStored({ owner: 'Ann' }), '{"owner":"Ann"}')
  t.strictSame(fromStored({ owner: 'Ann', more: 1 }), { owner: 'Ann', more: 1 })
  t.equal(fingerprint({}).length, 64)
})

t.test('a fingerprint is the SHA-256 of the canonical JSON in the code\'s spelling', async t => {
  const schema = Type.Object({ b: Type.Number(), a: Type.Object({ d: Type.String(), c: Type.Null() }) })
  const { fingerprint, toStored, fromStored } = defineCommands('Thing', { Change: schema }, { spelling: 'PascalCase' }).commands.Change
  const data = { b: 1.5, a: { d: 'é', c: null } }
  t.equal(fingerprint(data), createHash('sha256').update('{"a":{"c":null,"d":"é"},"b":1.5}').digest('hex'))
  t.equal(fingerprint({ a: { c: null, d: 'é' }, b: 1.50 }), fingerprint(data))
  t.equal(fingerprint(fromStored(JSON.parse(toStored(data)))), fingerprint(data))
  t.not(fingerprint({ ...data, b: 2 }), fingerprint(data))
})

t.test('examples that do not fit are refused, with all that is wrong', async t => {
  const { code, message } = refusedWith(() => defineCommands('Account', { CreateAccount: command(Owner, { examples: [{ owner: 'Ann' }, { name: 'Bob' } as never] }) }))
  t.equal(code, 'UNISTREAM_DEFINITION_EXAMPLE')
  t.match(message, 'An example of the command Account.CreateAccount does not fit its schema: /owner is missing; /name is not known here')
  t.match(refusedWith(() => defineCommands('Account', { CreateAccount: command(Owner, { examples: [5 as never] }) })).message, ': it must be an object')
})

t.test('options that nobody knows are refused', async t => {
  const refused: Array<[() => unknown, RegExp]> = [
    [() => defineCommands('Account', { Create: Owner }, { storedname: 'x' } as CommandsOptions), /The options of the commands of Account have no storedname: they may have storedName, spelling, refusedName/],
    [() => defineCommands('Account', { Create: Owner }, null as unknown as CommandsOptions), /The options of the commands of Account must be an object/],
    [() => defineCommands('Account', { Create: Owner }, { spelling: 'kebab' as 'PascalCase' }), /The spelling of Account is kebab: expected asWritten or PascalCase/],
    [() => defineCommands('Account', { Create: command(Owner, { sumary: 'x' } as object) }), /The options of the command Account.Create have no sumary/],
    [() => defineCommands('Account', {}), /The aggregate type Account has no commands: define at least one/],
    [() => defineCommands('Account', undefined as never), /The commands of Account are missing/]
  ]
  for (const [make, message] of refused) {
    const error = refusedWith(make)
    t.equal(error.code, 'UNISTREAM_DEFINITION_INVALID')
    t.match(error.message, message)
  }
})
