import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { AnyAggregate } from '../lib/definition/index.js'
import { AlreadyRegisteredError, InvalidSettingError } from '../lib/errors.js'
import { Worker } from '../lib/subscriber/index.js'
import { connect, isRegistered, within } from './kurrent.js'
import { checkDefinitions, checkOptions, isAggregate } from './options.js'
import type { UnistreamOptions } from './options.js'
import { registerReadiness } from './readiness.js'

export type { Readiness, Unistream, UnistreamAggregates, UnistreamBase } from './unistream.js'
export type { ConnectionOptions, StoreClient } from './kurrent.js'
export type { UnistreamOptions } from './options.js'
export type { ReadinessRoute, RouteDocumentation, RouteOptions } from '../lib/http/index.js'
export type { AggregateOptions, CommandOptions, KurrentOptions, SettingsOptions } from '../lib/settings/index.js'

export interface SubscriberOptions extends UnistreamOptions {
  /** The aggregate types whose commands this worker decides. */
  aggregates: readonly AnyAggregate[]
}

const NAME = 'fastify-unistream-subscriber'

/**
 * Runs a worker: it takes commands from the store, decides them against their aggregates and appends the outcomes, for as long
 * as the application lives.
 *
 * Its loops start when the application is ready, which does not wait for the store. At the close it takes no more commands and
 * finishes what it holds, within `kurrent.drainTime`; where the application sends commands too, their callers are answered
 * first.
 *
 * @throws while it is registered, a coded error for settings that are unknown, malformed or missing, and for a second
 * registration at the same place.
 */
export const subscriber = fp(async (app: FastifyInstance, options: SubscriberOptions) => {
  if (isRegistered(app, NAME)) throw new AlreadyRegisteredError(NAME)
  checkOptions(options, {})
  const aggregates = aggregatesOf(options.aggregates)
  const { connection, settings } = await connect(app, NAME, options, aggregates.map(({ commands }) => commands.name))
  const log = app.log.child({ plugin: NAME })
  const { messageTimeout, buffer, drainTime, sweep } = settings.kurrent
  const worker = new Worker({
    aggregates,
    store: connection.store,
    settings: { messageTimeout, buffer, drainTime, sweep, announce: settings.announce, aggregate: (name) => settings.aggregate(name) },
    log
  })
  connection.parts.push(worker)
  app.addHook('onReady', async () => { worker.start() })
  app.addHook('preClose', async () => {
    connection.closeSenders().then(() => worker.stopIntake(), () => worker.stopIntake())
  })
  app.addHook('onClose', async () => {
    const sendersClosed = connection.closeSenders()
    await within(connection.drainTimeLeft(drainTime), sendersClosed, log, 'The sender')
    await within(connection.drainTimeLeft(drainTime), worker.close(), log, 'The worker')
  })
  await registerReadiness(app, connection, options)
}, { name: NAME, fastify: '5.x' })

export { subscriber as fastifyUnistreamSubscriber }
export default subscriber

function aggregatesOf (given: unknown): AnyAggregate[] {
  const aggregates = Array.isArray(given) ? given : []
  aggregates.forEach((aggregate, index) => {
    if (!isAggregate(aggregate)) throw new InvalidSettingError(`aggregates[${index}]`, typeof aggregate, 'what defineAggregate has made')
  })
  checkDefinitions('aggregates', aggregates.map(({ commands }) => commands))
  return aggregates
}
