import { randomUUID } from 'node:crypto'
import { postAll } from './http-load.js'
import type { PostRequest } from './http-load.js'
import { SliceClock } from './slice.js'
import type { Slice, Way } from './slice.js'

const CREATED = 201

export interface DepositsOptions {
  /** Of the sender. */
  readonly url: string
  readonly connections: number
  /** How many periods the deposits go to, in turn. */
  readonly aggregates: number
  readonly signal: AbortSignal
}

/** Deposits into periods of the bank, over HTTP and back: each a command of its own. */
export class Deposits implements Way {
  readonly name = 'end to end'
  readonly parallel: number
  /** How many answers there were of each status. */
  readonly statuses = new Map<number, number>()
  readonly #options: DepositsOptions
  readonly #periods: readonly string[]
  #sent = 0

  constructor (options: DepositsOptions) {
    this.#options = options
    this.parallel = options.connections
    this.#periods = Array.from({ length: options.aggregates }, () => randomUUID())
  }

  get allCreated (): boolean {
    return [...this.statuses.keys()].every((status) => status === CREATED)
  }

  /** Begins the periods. */
  async open (): Promise<void> {
    let opened = 0
    await this.#post(this.#periods.length, () => {
      const period = this.#periods[opened++]!
      return request('InitPeriod', period, { accountId: period, limit: 1000 })
    }, () => {})
  }

  async run (count: number): Promise<Slice> {
    const clock = new SliceClock(this, count)
    await this.#post(clock.amount, () => {
      const period = this.#periods[this.#sent++ % this.#periods.length]!
      return request('Deposit', period, { amount: 0.01 })
    }, (milliseconds) => clock.answered(milliseconds))
    return clock.slice()
  }

  #post (amount: number, next: () => PostRequest, answered: (milliseconds: number) => void): Promise<void> {
    const { url, connections, signal } = this.#options
    return postAll({
      url,
      connections,
      amount,
      next,
      answered: (status, milliseconds) => {
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
        answered(milliseconds)
      },
      signal
    })
  }
}

function request (command: string, aggId: string, body: object): PostRequest {
  return { path: `/Transaction/${command}/${randomUUID()}?aggId=${aggId}`, body: JSON.stringify(body) }
}
