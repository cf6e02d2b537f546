import { Type } from '@sinclair/typebox'
import { command, defineCommands } from '../lib/definition/index.js'
import { limitOf, money } from './money.js'

const accountId = Type.String({
  format: 'uuid',
  not: { const: '00000000-0000-0000-0000-000000000000' },
  description: 'The account: a UUID that is not all zeros'
})
const amount = money('The amount', 0.01)
const anAccount = '11111111-1111-4111-8111-111111111111'

/** What can be asked of one accounting period of a bank account. */
export const transactionCommands = defineCommands('Transaction', {
  InitPeriod: command(
    Type.Object({ accountId, limit: limitOf('The limit of the period, and of each transaction at first') }, { title: 'InitPeriod' }),
    {
      summary: 'Begin the first period of an account',
      description: 'Begins the period of this month (UTC), in effect at once. Refused when the period exists.',
      examples: [{ accountId: anAccount, limit: 1000 }]
    }),
  OpenPeriod: command(
    Type.Object({ accountId }, { title: 'OpenPeriod' }),
    {
      summary: 'Begin the next period of an account',
      description: 'Begins the period of next month (UTC), which comes into effect by SetLimit. Refused when the period exists.',
      examples: [{ accountId: anAccount }]
    }),
  SetLimit: command(
    Type.Object({
      limit: limitOf('The limit of the period'),
      transLimit: limitOf('The limit of each transaction, not above the limit of the period'),
      balance: money('The balance that the period begins with', 0)
    }, { title: 'SetLimit' }),
    {
      summary: 'Bring a period into effect',
      description: 'Sets the limits and the balance that the period begins with. Refused when transLimit is above limit, or when the limit is set already.',
      examples: [{ limit: 1000, transLimit: 500, balance: 250.75 }]
    }),
  ChangeLimit: command(
    Type.Object({ limit: limitOf('The new limit of the period') }, { title: 'ChangeLimit' }),
    {
      summary: 'Change the limit of a period',
      description: 'Changes the limit; the limit of each transaction comes down with it. Refused when the period is not in effect.',
      examples: [{ limit: 2000 }]
    }),
  SetTransLimit: command(
    Type.Object({ transLimit: limitOf('The new limit of each transaction') }, { title: 'SetTransLimit' }),
    {
      summary: 'Change the limit of each transaction',
      description: 'Refused when transLimit is above the limit of the period.',
      examples: [{ transLimit: 800 }]
    }),
  Deposit: command(
    Type.Object({ amount }, { title: 'Deposit' }),
    {
      summary: 'Pay in',
      description: 'Refused when the period is not in effect, or when the amount is above the limit of each transaction.',
      examples: [{ amount: 100.25 }]
    }),
  Withdraw: command(
    Type.Object({ amount }, { title: 'Withdraw' }),
    {
      summary: 'Pay out',
      description: 'Refused when the period is not in effect, or when the amount is above the balance or the limit of each transaction.',
      examples: [{ amount: 50 }]
    }),
  TransferOut: command(
    Type.Object({ amount, inCode: Type.String({ minLength: 1, description: 'The code of the account that gets it' }) }, { title: 'TransferOut' }),
    {
      summary: 'Transfer to another account',
      description: 'Refused when the period is not in effect, or when the amount is above the balance or the limit of each transaction.',
      examples: [{ amount: 20.5, inCode: 'A-2' }]
    }),
  TransferIn: command(
    Type.Object({ amount, outCode: Type.String({ minLength: 1, description: 'The code of the account that gives it' }) }, { title: 'TransferIn' }),
    {
      summary: 'Take a transfer from another account',
      description: 'Refused when the period is not in effect, or when the amount is above the limit of each transaction.',
      examples: [{ amount: 20.5, outCode: 'A-1' }]
    })
})
