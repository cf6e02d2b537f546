import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { frameworkErrors, sender } from '../lib/index.js'
import { accountCommands, transactionCommands } from './commands.js'

declare module '../lib/index.js' {
  interface UnistreamAggregates {
    Account: typeof accountCommands
    Transaction: typeof transactionCommands
  }
}

/**
 * For `fastify start -o`: what Fastify would answer in its own words gets a problem document, too: requests while it closes, and paths
 * that cannot be read or are too long.
 */
export const options = { return503OnClosing: false, frameworkErrors, routerOptions: { maxParamLength: 1000 } }

const ABOUT = `A small bank, event-sourced on KurrentDB.

Every command has an id of its own (\`comId\`), chosen by the caller: **sent again with the same id, it takes effect once**, and
the same answer comes. The examples below have ids, so they can be tried as they are: create an account, verify it, approve it;
open its first period with InitPeriod, deposit, and withdraw more than there is.`

/** The bank's HTTP interface: a route for every command, and their documentation at /documentation. Run by `fastify start`. */
export default async function bankSender (app: FastifyInstance, _options: object): Promise<void> {
  // Before the routes that it describes.
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Bank', description: ABOUT, version: '1.0.0' },
      tags: [
        { name: 'Account', description: 'A bank account: created, verified, approved with a limit' },
        { name: 'Transaction', description: 'One accounting period of one account: its limits, and the money that goes in and out' },
        { name: 'Readiness', description: 'Whether this server can do its work' }
      ]
    },
    refResolver: {
      buildLocalReference: (schema, _baseUri, _fragment, index) => typeof schema.$id === 'string' ? schema.$id : `def-${index}`
    }
  })
  await app.register(swaggerUi, {
    routePrefix: '/documentation',
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, displayRequestDuration: true }
  })
  await app.register(sender, {
    aggregates: [accountCommands, transactionCommands],
    // So that people see balances.
    events: true,
    readinessRoute: { routeOptions: { logLevel: 'warn' } }
  })
}
