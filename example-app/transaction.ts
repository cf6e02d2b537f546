import { Type } from '@sinclair/typebox'
import { creates, defineAggregate, defineEvents, refuse } from '../lib/definition/index.js'
import type { Refusal } from '../lib/definition/index.js'
import { fromCents, inWords, isTooLarge, LARGEST, minus, money, NOTHING, plus, smaller, toCents } from './money.js'
import type { Cents } from './money.js'
import { transactionCommands } from './transaction-commands.js'

export interface TransactionState {
  readonly accountId: string
  readonly balance: Cents
  /** The month, as yyyyMM. */
  readonly period: string
  /** Zero until the period is in effect. */
  readonly limit: Cents
  readonly transLimit: Cents
}

const initialState: TransactionState = { accountId: '', balance: NOTHING, period: '000001', limit: NOTHING, transLimit: NOTHING }

const accountId = Type.String({ format: 'uuid' })
const period = Type.String({ pattern: '^[0-9]{6}$', description: 'The month, as yyyyMM' })
const limit = money('The limit of the period', 0, 100_000)
const transLimit = money('The limit of each transaction', 0, 100_000)
const amount = money('The amount', 0.01)
const balance = money('The balance after it', 0)

const event = defineEvents({
  PeriodInited: Type.Object({ accountId, period, limit }),
  PeriodOpened: Type.Object({ accountId, period }),
  LimitSetted: Type.Object({ limit, transLimit, balance }),
  LimitChanged: Type.Object({ limit, transLimit }),
  TransLimitSetted: Type.Object({ transLimit }),
  DepositFinished: Type.Object({ accountId, amount, balance }),
  WithdrawFinished: Type.Object({ accountId, amount, balance }),
  TransferOutFinished: Type.Object({ accountId, inCode: Type.String(), amount, balance }),
  TransferInFinished: Type.Object({ accountId, outCode: Type.String(), amount, balance })
})

/** One accounting period of a bank account. */
export const Transaction = defineAggregate(transactionCommands, {
  initialState,
  events: event,
  evolve: {
    PeriodInited: (state, { accountId, period, limit }) =>
      ({ ...state, accountId, period, limit: toCents(limit), transLimit: toCents(limit) }),
    PeriodOpened: (state, { accountId, period }) => ({ ...state, accountId, period }),
    LimitSetted: (state, { limit, transLimit, balance }) =>
      ({ ...state, limit: toCents(limit), transLimit: toCents(transLimit), balance: toCents(balance) }),
    LimitChanged: (state, { limit, transLimit }) => ({ ...state, limit: toCents(limit), transLimit: toCents(transLimit) }),
    TransLimitSetted: (state, { transLimit }) => ({ ...state, transLimit: toCents(transLimit) }),
    DepositFinished: (state, { balance }) => ({ ...state, balance: toCents(balance) }),
    WithdrawFinished: (state, { balance }) => ({ ...state, balance: toCents(balance) }),
    TransferOutFinished: (state, { balance }) => ({ ...state, balance: toCents(balance) }),
    TransferInFinished: (state, { balance }) => ({ ...state, balance: toCents(balance) })
  },
  decide: {
    // The moment is the one at which the store took the command, so every worker finds the same month.
    InitPeriod: creates((_state, { accountId, limit }, { now }) =>
      event.PeriodInited({ accountId: accountId.toLowerCase(), period: month(now), limit })),

    OpenPeriod: creates((_state, { accountId }, { now }) =>
      event.PeriodOpened({ accountId: accountId.toLowerCase(), period: month(now, 1) })),

    SetLimit: (state, { limit, transLimit, balance }) => {
      if (toCents(transLimit) > toCents(limit)) return aboveLimit(toCents(transLimit), toCents(limit))
      if (state.limit !== NOTHING) return refuse('LIMIT_ALREADY_SET', `The limit of the period is set already: it is ${inWords(state.limit)}.`)
      return event.LimitSetted({ limit, transLimit, balance })
    },

    ChangeLimit: (state, { limit }) =>
      notInEffect(state) ?? event.LimitChanged({ limit, transLimit: fromCents(smaller(state.transLimit, toCents(limit))) }),

    SetTransLimit: (state, { transLimit }) => {
      if (toCents(transLimit) > state.limit) return aboveLimit(toCents(transLimit), state.limit)
      return event.TransLimitSetted({ transLimit })
    },

    Deposit: (state, { amount }) => paidIn(state, amount, balance =>
      event.DepositFinished({ accountId: state.accountId, amount, balance })),

    Withdraw: (state, { amount }) => paidOut(state, amount, balance =>
      event.WithdrawFinished({ accountId: state.accountId, amount, balance })),

    TransferOut: (state, { amount, inCode }) => paidOut(state, amount, balance =>
      event.TransferOutFinished({ accountId: state.accountId, inCode, amount, balance })),

    TransferIn: (state, { amount, outCode }) => paidIn(state, amount, balance =>
      event.TransferInFinished({ accountId: state.accountId, outCode, amount, balance }))
  }
})

function paidIn<E> (state: TransactionState, amount: number, finished: (balance: number) => E): E | Refusal {
  const cents = toCents(amount)
  const balance = plus(state.balance, cents)
  return notInEffect(state) ?? aboveTransLimit(state, cents) ?? tooLarge(balance) ?? finished(fromCents(balance))
}

function paidOut<E> (state: TransactionState, amount: number, finished: (balance: number) => E): E | Refusal {
  const cents = toCents(amount)
  return notInEffect(state) ?? aboveBalance(state, cents) ?? aboveTransLimit(state, cents) ??
    finished(fromCents(minus(state.balance, cents)))
}

function notInEffect ({ limit }: TransactionState): Refusal | undefined {
  if (limit === NOTHING) return refuse('PERIOD_NOT_IN_EFFECT', 'The period is not in effect: its limit is not set.')
}

function aboveBalance ({ balance }: TransactionState, amount: Cents): Refusal | undefined {
  if (amount > balance) {
    return refuse('BALANCE_TOO_SMALL', `The amount of ${inWords(amount)} is above the balance of ${inWords(balance)}.`)
  }
}

function aboveTransLimit ({ transLimit }: TransactionState, amount: Cents): Refusal | undefined {
  if (amount > transLimit) {
    return refuse('ABOVE_TRANS_LIMIT', `The amount of ${inWords(amount)} is above the limit of ${inWords(transLimit)} for each transaction.`)
  }
}

function aboveLimit (transLimit: Cents, limit: Cents): Refusal {
  return refuse('TRANS_LIMIT_ABOVE_LIMIT',
    `The limit of ${inWords(transLimit)} for each transaction is above the limit of ${inWords(limit)} of the period.`)
}

function tooLarge (balance: Cents): Refusal | undefined {
  if (isTooLarge(balance)) {
    return refuse('BALANCE_TOO_LARGE', `The balance would be ${inWords(balance)}, above the largest possible one of ${LARGEST.toFixed(2)}.`)
  }
}

/** A month in UTC, as yyyyMM. */
function month (of: Date, later = 0): string {
  const first = new Date(Date.UTC(of.getUTCFullYear(), of.getUTCMonth() + later, 1))
  return first.toISOString().slice(0, 7).replace('-', '')
}
