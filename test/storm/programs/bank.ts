import { pathToFileURL } from 'node:url'
import type { AnyAggregate, DomainEvent, Refusal, Schemas } from '../../../lib/index.js'
import type { Version } from '../history.js'
import { POISON_SIGNAL } from './poison.js'

/** Modules of a compiled product. */
export interface Build {
  readonly lib: typeof import('../../../lib/index.js')
  readonly account: typeof import('../../../example-app/account.js')
  readonly transaction: typeof import('../../../example-app/transaction.js')
}

export async function loadBuild (folder: string): Promise<Build> {
  const load = async (path: string) => await import(new URL(path, `${pathToFileURL(folder).href}/`).href)
  const [lib, account, transaction] = await Promise.all([
    load('lib/index.js'), load('example-app/account.js'), load('example-app/transaction.js')
  ])
  return { lib, account, transaction } as Build
}

/** From here on the new version divides a deposit: the amount, in cents. */
const DIVIDED = 200_00
/** What the new version leaves in an account, in cents. */
const KEPT = 1_00

const cents = (amount: number) => Math.round(amount * 100)

interface Context { aggId: string, comId: string, now: Date }
type Decide = (state: unknown, data: unknown, context: Context) => unknown

interface Parts {
  readonly commands: Record<string, never>
  readonly events: Schemas
  readonly evolve: Record<string, (state: unknown, data: unknown) => unknown>
  readonly decide: Record<string, Decide>
  readonly creating: ReadonlySet<string>
}

/**
 * The bank in one of its versions, see `Version`. Senders get all commands of the new one.
 *
 * @param suffix behind the names of the types
 * @param decided called with each aggregate whose command is decided
 */
export function bank ({ lib, account, transaction }: Build, version: Version, suffix: string, decided: (aggId: string) => void): AnyAggregate[] {
  const accounts = partsOf(account.Account)
  const transactions = byAmount(withPoison(partsOf(transaction.Transaction)))
  const both = [['Account', accounts], ['Transaction', version === 'new' ? renewed(lib, transactions) : transactions]] as const
  return both.map(([name, { commands, events, evolve, decide, creating }]) => lib.defineAggregate(
    lib.defineCommands(`${name}${suffix}`, commands),
    {
      initialState: name === 'Account' ? account.Account.initialState : transaction.Transaction.initialState,
      events: lib.defineEvents(events),
      evolve,
      decide: Object.fromEntries(Object.entries(decide).map(([command, decideOne]) => {
        const watched: Decide = (state, data, context) => {
          decided(context.aggId)
          return decideOne(state, data, context)
        }
        return [command, creating.has(command) ? lib.creates(watched) : watched]
      }))
    } as never) as AnyAggregate)
}

/** An aggregate taken apart, so that it can be put together in another way. */
function partsOf (aggregate: AnyAggregate): Parts {
  const names = Object.keys(aggregate.commands.commands)
  return {
    commands: Object.fromEntries(Object.entries(aggregate.commands.commands).map(([name, { schema }]) => [name, schema as never])),
    events: Object.fromEntries(Object.entries(aggregate.events).map(([name, { schema }]) => [name, schema])),
    evolve: Object.fromEntries(Object.keys(aggregate.events).map(name =>
      [name, (state: unknown, data: unknown) => aggregate.evolve(name, state, data)])),
    decide: Object.fromEntries(names.map(name =>
      [name, (state: unknown, data: unknown, context: Context) => aggregate.decide(name, state, data, context)])),
    creating: new Set(names.filter(name => aggregate.creates(name)))
  }
}

function withPoison (parts: Parts): Parts {
  const nothing = { type: 'object', properties: {} }
  return {
    ...parts,
    commands: { ...parts.commands, Poison: nothing as never },
    decide: {
      ...parts.decide,
      Poison: () => {
        process.kill(process.pid, POISON_SIGNAL)
        // The signal leaves no time for this.
        throw new Error('poisoned')
      }
    }
  }
}

/** Balances move by the amounts, so that a state to which an event came twice is not mended by the next one, which tells the balance. */
function byAmount (parts: Parts): Parts {
  const moving = (type: string, direction: 1 | -1) => (state: unknown, data: unknown) => {
    const { balance } = state as { balance: number }
    return { ...parts.evolve[type]!(state, data) as object, balance: balance + direction * cents((data as Finished).amount) }
  }
  return {
    ...parts,
    evolve: {
      ...parts.evolve,
      DepositFinished: moving('DepositFinished', 1),
      TransferInFinished: moving('TransferInFinished', 1),
      WithdrawFinished: moving('WithdrawFinished', -1),
      TransferOutFinished: moving('TransferOutFinished', -1)
    }
  }
}

interface Finished { accountId: string, amount: number, balance: number }

function renewed (lib: Build['lib'], parts: Parts): Parts {
  const { Deposit, Withdraw, TransferIn } = parts.decide as { [name: string]: Decide }
  return {
    ...parts,
    commands: { ...parts.commands, PayInterest: parts.commands['Deposit']! },
    events: { ...parts.events, InterestPaid: parts.events['DepositFinished']! },
    evolve: { ...parts.evolve, InterestPaid: parts.evolve['DepositFinished']! },
    decide: {
      ...parts.decide,

      PayInterest: (state, data, context) => {
        const decision = TransferIn!(state, { ...data as object, outCode: 'the bank' }, context)
        if (lib.isRefusal(decision)) return decision
        const { accountId, amount, balance } = (decision as DomainEvent<string, Finished>).data
        return { type: 'InterestPaid', data: { accountId, amount, balance } }
      },

      Deposit: (state, data, context) => {
        const decision = Deposit!(state, data, context) as DomainEvent<string, Finished> | Refusal
        if (lib.isRefusal(decision)) return decision
        const { accountId, amount, balance } = (decision as DomainEvent<string, Finished>).data
        if (cents(amount) < DIVIDED) return decision
        const rest = cents(amount) - Math.floor(cents(amount) / 2)
        return [
          { type: 'DepositFinished', data: { accountId, amount: (cents(amount) - rest) / 100, balance: (cents(balance) - rest) / 100 } },
          { type: 'DepositFinished', data: { accountId, amount: rest / 100, balance } }
        ]
      },

      Withdraw: (state, data, context) => {
        const decision = Withdraw!(state, data, context) as DomainEvent<string, Finished> | Refusal
        if (lib.isRefusal(decision)) return decision
        const { balance } = (decision as DomainEvent<string, Finished>).data
        return cents(balance) < KEPT ? lib.refuse('KEEPS_ONE', 'One must stay in the account.') : decision
      }
    }
  }
}
