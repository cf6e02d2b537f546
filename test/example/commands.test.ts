import { Kind } from '@sinclair/typebox'
import t from 'tap'
import { accountCommands, transactionCommands } from '../../example-app/commands.js'
import type { AnyCommands, CommandDefinition } from '../../lib/definition/index.js'

const all: AnyCommands[] = [accountCommands, transactionCommands]
const commands = all.flatMap(({ commands }) => Object.values(commands))

t.test('the bank has 13 commands of two aggregate types', async t => {
  t.strictSame(all.map(({ name }) => name), ['Account', 'Transaction'])
  t.strictSame(commands.map(({ name }) => name), [
    'CreateAccount', 'VerifyAccount', 'ApproveAccount', 'LimitAccount',
    'InitPeriod', 'OpenPeriod', 'SetLimit', 'ChangeLimit', 'SetTransLimit', 'Deposit', 'Withdraw', 'TransferOut', 'TransferIn'
  ])
})

for (const command of commands) {
  t.test(`${command.name} tells people what they need`, async t => {
    t.ok(command.summary)
    t.match(command.description, /[Rr]efused when/)
    t.ok(command.examples!.length > 0)
    const schema = command.schema as unknown as {
      title: string, additionalProperties: boolean, examples: unknown, required: string[], properties: Record<string, { description: string }>
    }
    t.equal(schema.title, command.name)
    t.equal(schema.additionalProperties, false)
    t.strictSame(schema.examples, command.examples)
    t.strictSame(schema.required, Object.keys(schema.properties))
    for (const [field, { description }] of Object.entries(schema.properties)) t.ok(description, field)
    t.equal(command.schema[Kind], 'Object')
  })

  t.test(`${command.name} names every fault of a body that has nothing right`, async t => {
    const fields = Object.keys((command.schema as unknown as { properties: object }).properties)
    const pointers = (value: unknown): string[] => command.check(value).map(({ pointer }) => pointer).sort()
    t.strictSame(pointers({}), fields.map(field => `/${field}`).sort())
    t.strictSame(pointers({ nonsense: 1, ...Object.fromEntries(fields.map(field => [field, []])) }), [...fields, 'nonsense'].map(field => `/${field}`).sort())
    for (const body of [null, [], 'x', 5]) t.strictSame(pointers(body), [''])
    for (const example of (command as CommandDefinition).examples!) t.strictSame(command.check(example), [])
  })
}
