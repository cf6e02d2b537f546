import type { Version } from '../history.js'
import { isUuid } from './streams.js'

/*
 * The bank by its rules, and what the storm's new version adds, told once more and apart from the product: state is what the events give,
 * and every outcome in a stream must be one that these rules give on the state before it.
 */

/** What the rules say to a command. */
export type Decision =
  | { readonly events: readonly { readonly type: string, readonly data: Data }[] }
  | { readonly refused: string }
  /** It kills whoever decides it. */
  | 'deadly'

export type Data = Readonly<Record<string, unknown>>

/** Amounts in cents. */
export interface State {
  readonly exists: boolean
  readonly verified: boolean
  readonly passed: boolean
  readonly approved: boolean
  readonly accountId: string
  readonly balance: number
  readonly limit: number
  readonly transLimit: number
}

export const NOTHING: State = {
  exists: false, verified: false, passed: false, approved: false, accountId: '', balance: 0, limit: 0, transLimit: 0
}

interface Asked {
  readonly state: State
  readonly data: Data
  readonly aggId: string
  readonly created: number
  readonly version: Version
}

interface Rule {
  readonly creates?: true
  /** Only the new version knows it. */
  readonly since?: 'new'
  fits (data: Data): boolean
  decide (asked: Asked): Decision
}

const LARGEST = 7_000_000_000_000_000

export const cents = (amount: unknown) => Math.round(Number(amount) * 100)
const money = (cents: number) => cents / 100

const isText = (value: unknown) => typeof value === 'string' && value.length > 0
const isAmount = (value: unknown, least: number, most: number) => typeof value === 'number' && money(cents(value)) === value &&
  cents(value) >= least && cents(value) <= most
const isLimit = (value: unknown) => isAmount(value, 100_00, 100_000_00)
const isSum = (value: unknown) => isAmount(value, 1, LARGEST)
const isAccount = (value: unknown) => typeof value === 'string' && isUuid(value.toLowerCase()) && !/^[0-]+$/.test(value)
const only = (data: Data, ...names: string[]) => Object.keys(data).sort().join() === names.sort().join()

const refused = (code: string): Decision => ({ refused: code })
const happened = (type: string, data: Data): Decision => ({ events: [{ type, data }] })

/** The month of a moment in UTC, or the one behind it. */
function month (at: number, later: number): string {
  const date = new Date(at)
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + later
  return `${Math.floor(months / 12)}`.padStart(4, '0') + `${months % 12 + 1}`.padStart(2, '0')
}

function payIn ({ state, data }: Asked, done: (balance: number) => Decision): Decision {
  const amount = cents(data.amount)
  if (state.limit === 0) return refused('PERIOD_NOT_IN_EFFECT')
  if (amount > state.transLimit) return refused('ABOVE_TRANS_LIMIT')
  if (state.balance + amount > LARGEST) return refused('BALANCE_TOO_LARGE')
  return done(money(state.balance + amount))
}

function payOut ({ state, data }: Asked, done: (balance: number) => Decision): Decision {
  const amount = cents(data.amount)
  if (state.limit === 0) return refused('PERIOD_NOT_IN_EFFECT')
  if (amount > state.balance) return refused('BALANCE_TOO_SMALL')
  if (amount > state.transLimit) return refused('ABOVE_TRANS_LIMIT')
  return done(money(state.balance - amount))
}

/** From here on the new version divides a deposit. */
const DIVIDED = 200_00

function deposit ({ state: { accountId, balance }, data, version }: Asked, after: number): Decision {
  const amount = cents(data.amount)
  if (version === 'old' || amount < DIVIDED) return happened('DepositFinished', { accountId, amount: data.amount, balance: after })
  const half = Math.floor(amount / 2)
  return {
    events: [
      { type: 'DepositFinished', data: { accountId, amount: money(half), balance: money(balance + half) } },
      { type: 'DepositFinished', data: { accountId, amount: money(amount - half), balance: after } }
    ]
  }
}

const account: Readonly<Record<string, Rule>> = {
  CreateAccount: {
    creates: true,
    fits: data => only(data, 'owner') && typeof data.owner === 'string' && data.owner.trim() !== '',
    decide: ({ data }) => happened('AccountCreated', { owner: data.owner })
  },
  VerifyAccount: {
    fits: data => only(data, 'verifiedBy', 'conclusion') && isText(data.verifiedBy) && typeof data.conclusion === 'boolean',
    decide: ({ state, data: { verifiedBy, conclusion } }) => state.verified
      ? refused('ALREADY_VERIFIED')
      : happened('AccountVerified', { verifiedBy, verified: true, conclusion })
  },
  ApproveAccount: {
    fits: data => only(data, 'approvedBy', 'approved', 'limit') && isText(data.approvedBy) && typeof data.approved === 'boolean' && isLimit(data.limit),
    decide: ({ state, data: { approvedBy, approved, limit }, aggId }) => state.passed
      ? happened('AccountApproved', { accountId: aggId, approvedBy, approved, limit: approved === true ? limit : 0 })
      : refused('VERIFICATION_NOT_PASSED')
  },
  LimitAccount: {
    fits: data => only(data, 'limit') && isLimit(data.limit),
    decide: ({ state, data: { limit }, aggId }) => {
      if (!state.approved) return refused('NOT_APPROVED')
      return cents(limit) === state.limit ? refused('SAME_LIMIT') : happened('AccountLimited', { accountId: aggId, limit })
    }
  }
}

const transaction: Readonly<Record<string, Rule>> = {
  InitPeriod: {
    creates: true,
    fits: data => only(data, 'accountId', 'limit') && isAccount(data.accountId) && isLimit(data.limit),
    decide: ({ data, created }) =>
      happened('PeriodInited', { accountId: String(data.accountId).toLowerCase(), period: month(created, 0), limit: data.limit })
  },
  OpenPeriod: {
    creates: true,
    fits: data => only(data, 'accountId') && isAccount(data.accountId),
    decide: ({ data, created }) => happened('PeriodOpened', { accountId: String(data.accountId).toLowerCase(), period: month(created, 1) })
  },
  SetLimit: {
    fits: data => only(data, 'limit', 'transLimit', 'balance') && isLimit(data.limit) && isLimit(data.transLimit) && isAmount(data.balance, 0, LARGEST),
    decide: ({ state, data: { limit, transLimit, balance } }) => {
      if (cents(transLimit) > cents(limit)) return refused('TRANS_LIMIT_ABOVE_LIMIT')
      return state.limit !== 0 ? refused('LIMIT_ALREADY_SET') : happened('LimitSetted', { limit, transLimit, balance })
    }
  },
  ChangeLimit: {
    fits: data => only(data, 'limit') && isLimit(data.limit),
    decide: ({ state, data: { limit } }) => state.limit === 0
      ? refused('PERIOD_NOT_IN_EFFECT')
      : happened('LimitChanged', { limit, transLimit: money(Math.min(state.transLimit, cents(limit))) })
  },
  SetTransLimit: {
    fits: data => only(data, 'transLimit') && isLimit(data.transLimit),
    decide: ({ state, data: { transLimit } }) => cents(transLimit) > state.limit
      ? refused('TRANS_LIMIT_ABOVE_LIMIT')
      : happened('TransLimitSetted', { transLimit })
  },
  Deposit: {
    fits: data => only(data, 'amount') && isSum(data.amount),
    decide: asked => payIn(asked, balance => deposit(asked, balance))
  },
  Withdraw: {
    fits: data => only(data, 'amount') && isSum(data.amount),
    decide: asked => payOut(asked, balance => asked.version === 'new' && cents(balance) < 100
      ? refused('KEEPS_ONE')
      : happened('WithdrawFinished', { accountId: asked.state.accountId, amount: asked.data.amount, balance }))
  },
  TransferOut: {
    fits: data => only(data, 'amount', 'inCode') && isSum(data.amount) && isText(data.inCode),
    decide: asked => payOut(asked, balance => happened('TransferOutFinished',
      { accountId: asked.state.accountId, inCode: asked.data.inCode, amount: asked.data.amount, balance }))
  },
  TransferIn: {
    fits: data => only(data, 'amount', 'outCode') && isSum(data.amount) && isText(data.outCode),
    decide: asked => payIn(asked, balance => happened('TransferInFinished',
      { accountId: asked.state.accountId, outCode: asked.data.outCode, amount: asked.data.amount, balance }))
  },
  PayInterest: {
    since: 'new',
    fits: data => only(data, 'amount') && isSum(data.amount),
    decide: asked => payIn(asked, balance => happened('InterestPaid', { accountId: asked.state.accountId, amount: asked.data.amount, balance }))
  },
  Poison: {
    fits: data => only(data),
    decide: () => 'deadly'
  }
}

const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = { Account: account, Transaction: transaction }

/** The rules of an aggregate type; its name may have something behind it that keeps one storm's streams from another's. */
function ruleOf (type: string, command: string): Rule | undefined {
  const rules = RULES[bankType(type)]
  return rules !== undefined && Object.hasOwn(rules, command) ? rules[command] : undefined
}

export function bankType (type: string): string {
  return Object.keys(RULES).find(name => type.startsWith(name)) ?? ''
}

/** The worker's versions that can decide this; none where nobody knows the command, or it fits no schema. */
export function versionsFor (type: string, command: string, data: unknown): Version[] {
  const rule = ruleOf(type, command)
  if (rule === undefined || data === null || typeof data !== 'object' || Array.isArray(data) || !rule.fits(data as Data)) return []
  return rule.since === 'new' ? ['new'] : ['old', 'new']
}

/** What a worker of this version says, which must be one that can decide the command. */
export function decide (type: string, command: string, asked: Asked): Decision {
  const rule = ruleOf(type, command)!
  if (rule.creates === true && asked.state.exists) return refused('AGGREGATE_EXISTS')
  if (rule.creates !== true && !asked.state.exists) return refused('AGGREGATE_MISSING')
  return rule.decide(asked)
}

/** Events that are known to the new version alone. */
export const NEW_EVENTS: readonly string[] = ['InterestPaid']

/** The state after an event; undefined for one that nobody knows. */
export function evolve (type: string, state: State, event: string, data: Data): State | undefined {
  const next = EVOLVE[bankType(type)]?.[event]
  return next === undefined ? undefined : { ...state, exists: true, ...next(state, data) }
}

type Step = (state: State, data: Data) => Partial<State>

/** By the amount, so that what an event says of the balance is held against it, and not taken from it. */
const more: Step = (state, data) => ({ balance: state.balance + cents(data.amount) })
const less: Step = (state, data) => ({ balance: state.balance - cents(data.amount) })

const EVOLVE: Readonly<Record<string, Readonly<Record<string, Step>>>> = {
  Account: {
    AccountCreated: () => ({}),
    AccountVerified: (_state, data) => ({ verified: true, passed: data.conclusion === true }),
    AccountApproved: (_state, data) => ({ approved: data.approved === true, limit: cents(data.limit) }),
    AccountLimited: (_state, data) => ({ limit: cents(data.limit) })
  },
  Transaction: {
    PeriodInited: (_state, data) => ({ accountId: String(data.accountId), limit: cents(data.limit), transLimit: cents(data.limit) }),
    PeriodOpened: (_state, data) => ({ accountId: String(data.accountId) }),
    LimitSetted: (_state, data) => ({ limit: cents(data.limit), transLimit: cents(data.transLimit), balance: cents(data.balance) }),
    LimitChanged: (_state, data) => ({ limit: cents(data.limit), transLimit: cents(data.transLimit) }),
    TransLimitSetted: (_state, data) => ({ transLimit: cents(data.transLimit) }),
    DepositFinished: more,
    WithdrawFinished: less,
    TransferOutFinished: less,
    TransferInFinished: more,
    InterestPaid: more
  }
}

/** What a command adds to the money of the bank if it succeeds, in cents. */
export function moved (command: string, data: unknown): number {
  const { amount, balance } = (data ?? {}) as Data
  if (['Deposit', 'TransferIn', 'PayInterest'].includes(command)) return cents(amount)
  if (['Withdraw', 'TransferOut'].includes(command)) return -cents(amount)
  return command === 'SetLimit' ? cents(balance) : 0
}
