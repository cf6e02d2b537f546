import { Type } from '@sinclair/typebox'
import { creates, defineAggregate, defineEvents, refuse } from '../lib/definition/index.js'
import { accountCommands } from './account-commands.js'
import { fromCents, inWords, money, NOTHING, toCents } from './money.js'
import type { Cents } from './money.js'

export interface AccountState {
  readonly code: string
  readonly owner: string
  readonly limit: Cents
  readonly verifiedBy: string
  readonly verified: boolean
  readonly verifyConclusion: boolean
  readonly approvedBy: string
  readonly approved: boolean
}

const initialState: AccountState = {
  code: '',
  owner: '',
  limit: NOTHING,
  verifiedBy: '',
  verified: false,
  verifyConclusion: false,
  approvedBy: '',
  approved: false
}

const accountId = Type.String({ format: 'uuid' })
const limit = money('The limit from now on', 0, 100_000)

const event = defineEvents({
  AccountCreated: Type.Object({ owner: Type.String() }),
  AccountVerified: Type.Object({ verifiedBy: Type.String(), verified: Type.Boolean(), conclusion: Type.Boolean() }),
  AccountApproved: Type.Object({ accountId, approvedBy: Type.String(), approved: Type.Boolean(), limit }),
  AccountLimited: Type.Object({ accountId, limit })
})

/** A bank account: created, verified, approved with a limit. */
export const Account = defineAggregate(accountCommands, {
  initialState,
  events: event,
  evolve: {
    AccountCreated: (account, { owner }) => ({ ...account, owner }),
    AccountVerified: (account, { verifiedBy, verified, conclusion }) => ({ ...account, verifiedBy, verified, verifyConclusion: conclusion }),
    AccountApproved: (account, { approvedBy, approved, limit }) => ({ ...account, approvedBy, approved, limit: toCents(limit) }),
    AccountLimited: (account, { limit }) => ({ ...account, limit: toCents(limit) })
  },
  decide: {
    CreateAccount: creates((_account, { owner }) => event.AccountCreated({ owner })),

    VerifyAccount: (account, { verifiedBy, conclusion }) => {
      if (account.verified) {
        const conclusion = account.verifyConclusion ? 'passed' : 'not passed'
        return refuse('ALREADY_VERIFIED', `The account is verified already, with the conclusion: ${conclusion}.`)
      }
      return event.AccountVerified({ verifiedBy, verified: true, conclusion })
    },

    ApproveAccount: (account, { approvedBy, approved, limit }, { aggId }) => {
      if (!account.verifyConclusion) {
        return refuse('VERIFICATION_NOT_PASSED', 'The verification of the account has not passed.')
      }
      return event.AccountApproved({ accountId: aggId, approvedBy, approved, limit: approved ? limit : fromCents(NOTHING) })
    },

    LimitAccount: (account, { limit }, { aggId }) => {
      if (!account.approved) return refuse('NOT_APPROVED', 'The account is not approved.')
      if (toCents(limit) === account.limit) {
        return refuse('SAME_LIMIT', `The limit is ${inWords(account.limit)} already.`)
      }
      return event.AccountLimited({ accountId: aggId, limit })
    }
  }
})
