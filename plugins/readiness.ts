import type { FastifyInstance } from 'fastify'
import { addReadinessRoute, readinessUrl } from '../lib/http/index.js'
import type { Connection } from './kurrent.js'
import type { UnistreamOptions } from './options.js'

/** Sender and worker of one application tell the same, so one path has one route. */
export async function registerReadiness (app: FastifyInstance, connection: Connection, { readinessRoute }: UnistreamOptions): Promise<void> {
  const url = readinessUrl(readinessRoute)
  if (url === undefined || connection.readinessUrls.has(url)) return
  connection.readinessUrls.add(url)
  await app.register(async (scope) => { addReadinessRoute(scope, readinessRoute!, () => connection.unistream.readiness()) })
}
