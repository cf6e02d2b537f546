import { status } from '@grpc/grpc-js'
import type { Connection } from './connection.js'
import type { CategoryProjection } from './contract.js'
import { codeOf, StoreFault } from './faults.js'

/** How the projection stands that fills the category streams. `unknown` where the server does not say, or not to this user. */
export async function categoryProjection (connection: Connection): Promise<CategoryProjection> {
  try {
    const projection = await connection.managed('Asking for the projection $by_category',
      options => connection.client.getProjectionStatus('$by_category', options))
    if (projection === undefined) return 'missing'
    return projection.projectionStatus === 'Running' ? 'running' : 'stopped'
  } catch (error) {
    return error instanceof StoreFault && codeOf(error.cause) === status.NOT_FOUND ? 'missing' : 'unknown'
  }
}
