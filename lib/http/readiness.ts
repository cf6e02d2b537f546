import type { FastifyInstance } from 'fastify'
import { mergeRouteOptions } from './route-options.js'
import type { RouteOptions } from './route-options.js'
import { described } from './route-schema.js'
import { readiness as readinessSchema } from './schemas.js'

/** The route that tells whether this process can do its work: `true` for `/ready`, a path, or a path and the route's options. */
export type ReadinessRoute = boolean | string | { readonly url?: string | undefined, readonly routeOptions?: RouteOptions | undefined }

export interface Readiness {
  readonly ready: boolean
  readonly reasons: readonly string[]
  readonly warnings: readonly string[]
}

const DEFAULT_URL = '/ready'

/** Where a readiness route stands; undefined where there is none. */
export function readinessUrl (route: ReadinessRoute | undefined): string | undefined {
  if (route === undefined || route === false) return undefined
  if (route === true) return DEFAULT_URL
  return typeof route === 'string' ? route : route.url ?? DEFAULT_URL
}

/** Answers 200 while everything stands, and 503 with the reasons while it does not. */
export function addReadinessRoute (scope: FastifyInstance, route: ReadinessRoute, readiness: () => Readiness): void {
  const { schema: told, ...rest } = mergeRouteOptions(typeof route === 'object' ? route.routeOptions : undefined)
  const { $id: _id, ...body } = readinessSchema
  scope.route({
    ...rest,
    method: 'GET',
    url: readinessUrl(route)!,
    schema: described({
      operationId: 'readiness',
      tags: told.tags ?? ['Readiness'],
      summary: 'Whether commands can be taken',
      response: {
        200: { ...body, description: 'Everything stands' },
        503: { ...body, description: 'Something is missing: `reasons` tells what' },
      }
    }, told),
    handler: async (_request, reply) => {
      const now = readiness()
      return reply.code(now.ready ? 200 : 503).send(now)
    }
  })
}
