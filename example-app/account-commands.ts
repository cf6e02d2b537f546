import { Type } from '@sinclair/typebox'
import { command, defineCommands } from '../lib/definition/index.js'
import { limitOf } from './money.js'

/** A person's name or code: any text, but some. */
const Person = (description: string) => Type.String({ minLength: 1, description })

/** What can be asked of a bank account. */
export const accountCommands = defineCommands('Account', {
  CreateAccount: command(
    Type.Object({
      owner: Type.String({ pattern: '\\S', description: 'Who owns the account. Not blank' })
    }, { title: 'CreateAccount' }),
    {
      summary: 'Create an account',
      description: 'Creates the account. Refused when it exists.',
      examples: [{ owner: 'Ann' }]
    }),
  VerifyAccount: command(
    Type.Object({
      verifiedBy: Person('Who verified the account'),
      conclusion: Type.Boolean({ description: 'Whether it passed' })
    }, { title: 'VerifyAccount' }),
    {
      summary: 'Verify an account',
      description: 'Records the conclusion of the verification, which is made once. Refused when the account is verified already.',
      examples: [{ verifiedBy: 'Bob', conclusion: true }]
    }),
  ApproveAccount: command(
    Type.Object({
      approvedBy: Person('Who decided'),
      approved: Type.Boolean({ description: 'Whether the account is approved' }),
      limit: limitOf('The limit that the account gets when it is approved')
    }, { title: 'ApproveAccount' }),
    {
      summary: 'Approve an account, or not',
      description: 'Approves the account with a limit, or turns it down, which leaves it without one. Refused when the verification has not passed.',
      examples: [{ approvedBy: 'Carol', approved: true, limit: 1000.5 }, { approvedBy: 'Carol', approved: false, limit: 100 }]
    }),
  LimitAccount: command(
    Type.Object({
      limit: limitOf('The new limit')
    }, { title: 'LimitAccount' }),
    {
      summary: 'Change the limit of an account',
      description: 'Changes the limit. Refused when the account is not approved, or when the limit is the same as before.',
      examples: [{ limit: 2000 }]
    })
})
