import { Random } from './random.js'

/** How a client goes about a command. */
export type Behaviour =
  /** Waits for its answer. */
  | 'patient'
  /** Waits for a moment, and sends the same again to another sender. */
  | 'impatient'
  /** Sends ten copies at once, over all senders. */
  | 'crowd'
  /** Sends another body under the same id, later. */
  | 'reuses_body'
  /** Uses the same id for another aggregate, later. */
  | 'reuses_aggregate'
  /** Waits for a moment, and never asks again. */
  | 'gives_up'
  /** Sends the same again when much else has happened. */
  | 'returns'
  /** Asks by GET what became of it. */
  | 'asks'

/** A command that a client will send. */
export interface Intent {
  readonly client: string
  readonly bankType: 'Account' | 'Transaction'
  readonly aggId: string
  readonly comId: string
  readonly command: string
  readonly body: Readonly<Record<string, unknown>>
  readonly behaviour: Behaviour
  /** Which sender is asked first; the place in the list of those that there are. */
  readonly sender: number
  /** Milliseconds that one who does not wait long waits. */
  readonly moment: number
  /** Milliseconds before it is sent. */
  readonly pause: number
  /** After how many further commands a client comes back. */
  readonly later: number
  /** What is sent when this one has succeeded: the other side of a transfer. */
  readonly then?: Intent
}

/** All that clients do in a storm, in this order. */
export interface LoadPlan {
  /** Commands that begin the aggregates: sent, and answered, before the others. */
  readonly begin: readonly Intent[]
  readonly commands: readonly Intent[]
  /** Commands beyond these, which bursts send. */
  readonly reserve: readonly Intent[]
  /** The aggregate that gets a third of all commands. */
  readonly hot: string
  /** Aggregates that the storm may close by a foreign event. */
  readonly closable: readonly string[]
  /** Others, which poison may strike. */
  readonly poisonable: readonly string[]
  /** How many commands there are, both sides of transfers counted. */
  readonly size: number
}

const BEHAVIOURS: readonly (readonly [Behaviour, number])[] = [
  ['patient', 62], ['impatient', 10], ['crowd', 4], ['reuses_body', 4], ['reuses_aggregate', 3], ['gives_up', 5], ['returns', 6], ['asks', 6]
]

const CLIENTS = 24
const COMMANDS_PER_AGGREGATE = 60
/** Of all commands. */
const HOT = 1 / 3
/** Beyond all commands, as a part of them. */
const RESERVE = 1 / 2

/** Draws the load of a storm: the same for the same seed and size. */
export function planLoad (seed: number, commands: number): LoadPlan {
  const random = new Random(seed, 'load')
  const count = Math.max(16, Math.min(200, Math.floor(commands / COMMANDS_PER_AGGREGATE)))
  const transactions = Array.from({ length: count }, () => random.uuid())
  const accounts = Array.from({ length: Math.ceil(count / 4) }, () => random.uuid())
  const few = Math.max(2, Math.floor(count / 10))
  // What only the new version can read, and what a foreign event closes, stands still for a while: so these are few.
  const news = transactions.slice(-few)
  const closable = transactions.slice(-2 * few, -few)
  const [hot, ...others] = transactions as [string, ...string[]]
  const draw = new Draw(random)
  const begin = [
    ...transactions.map(aggId => draw.intent('Transaction', aggId, 'InitPeriod', { accountId: random.uuid(), limit: 100_000 }, 'patient')),
    ...accounts.map(aggId => draw.intent('Account', aggId, 'CreateAccount', { owner: `Owner ${random.integer(1, 999)}` }, 'patient'))
  ]
  const rest: Intent[] = []
  let size = begin.length
  while (size < commands) {
    const intent = draw.next({ hot, transactions, accounts, news })
    rest.push(intent)
    size += intent.then === undefined ? 1 : 2
  }
  const reserve = Array.from({ length: Math.ceil(commands * RESERVE) }, () => draw.next({ hot, transactions, accounts, news }))
  return { begin, commands: rest, reserve, hot, closable, poisonable: others.slice(0, -2 * few), size }
}

class Draw {
  readonly #random: Random

  constructor (random: Random) {
    this.#random = random
  }

  next ({ hot, transactions, accounts, news }: { hot: string, transactions: string[], accounts: string[], news: string[] }): Intent {
    const random = this.#random
    if (random.chance(HOT)) return this.#money(hot, transactions)
    if (random.chance(0.15)) return this.#account(random.pick(accounts))
    if (random.chance(0.03)) return this.intent('Transaction', random.pick(news), 'PayInterest', { amount: this.#amount(100) })
    return this.#money(random.pick(transactions), transactions)
  }

  intent (
    bankType: Intent['bankType'], aggId: string, command: string, body: Intent['body'], behaviour?: Behaviour, then?: Intent
  ): Intent {
    const random = this.#random
    return {
      client: `client-${random.integer(1, CLIENTS)}`,
      bankType,
      aggId,
      comId: random.uuid(),
      command,
      body,
      behaviour: behaviour ?? random.weighted(BEHAVIOURS),
      sender: random.integer(0, 11),
      moment: random.integer(1, 400),
      pause: random.integer(0, 250),
      later: random.integer(50, 400),
      ...then !== undefined && { then }
    }
  }

  /** In whole cents, most of them small, some above what one transaction may have. */
  #amount (most: number): number {
    return this.#random.integer(1, most * 100) / 100
  }

  #money (aggId: string, others: readonly string[]): Intent {
    const random = this.#random
    const command = random.weighted([
      ['Deposit', 40], ['Withdraw', 22], ['TransferOut', 22], ['ChangeLimit', 3], ['SetTransLimit', 3], ['SetLimit', 2], ['OpenPeriod', 2]
    ])
    switch (command) {
      case 'Deposit': return this.intent('Transaction', aggId, command, { amount: this.#amount(400) })
      case 'Withdraw': return this.intent('Transaction', aggId, command, { amount: this.#amount(300) })
      case 'TransferOut': {
        const amount = this.#amount(200)
        const to = random.pick(others)
        const then = this.intent('Transaction', to, 'TransferIn', { amount, outCode: aggId }, 'patient')
        // Who gives up on the first side would leave the second one out.
        return this.intent('Transaction', aggId, command, { amount, inCode: to }, random.chance(0.8) ? 'patient' : 'impatient', then)
      }
      case 'ChangeLimit': return this.intent('Transaction', aggId, command, { limit: random.integer(500, 100_000) })
      case 'SetTransLimit': return this.intent('Transaction', aggId, command, { transLimit: random.integer(300, 2_000) })
      case 'SetLimit': return this.intent('Transaction', aggId, command, { limit: 1_000, transLimit: 500, balance: 0 })
      default: return this.intent('Transaction', aggId, command, { accountId: random.uuid() })
    }
  }

  #account (aggId: string): Intent {
    const random = this.#random
    const command = random.weighted([['VerifyAccount', 2], ['ApproveAccount', 2], ['LimitAccount', 5], ['CreateAccount', 1]])
    switch (command) {
      case 'VerifyAccount': return this.intent('Account', aggId, command, { verifiedBy: 'Bob', conclusion: random.chance(0.9) })
      case 'ApproveAccount': return this.intent('Account', aggId, command, { approvedBy: 'Carol', approved: true, limit: random.integer(100, 9_999) })
      case 'LimitAccount': return this.intent('Account', aggId, command, { limit: random.integer(100, 9_999) })
      default: return this.intent('Account', aggId, command, { owner: 'Somebody else' })
    }
  }
}
