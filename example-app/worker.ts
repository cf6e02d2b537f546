import type { FastifyInstance } from 'fastify'
import { subscriber } from '../lib/index.js'
import { Account } from './account.js'
import { Transaction } from './transaction.js'

/** The bank's worker: decides the commands that senders have put into the store. Run by `fastify start`, any number of times. */
export default async function bankWorker (app: FastifyInstance, _options: object): Promise<void> {
  await app.register(subscriber, { aggregates: [Account, Transaction], readinessRoute: { routeOptions: { logLevel: 'warn' } } })
}
