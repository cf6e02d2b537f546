/*
 * Starts the projection $by_category, once and for good: senders learn outcomes from its links. Only this one of the server's system
 * projections, since all five together cost it about half of what it can take. Starting what runs already changes nothing.
 */
import { KurrentDBClient } from '@kurrent/kurrentdb-client'

const host = process.env.KURRENT_HOST
if (!host) throw new Error('Set KURRENT_HOST to a connection string, such as kurrentdb://store:2113?tls=false')

const client = KurrentDBClient.connectionString(host)
await client.enableProjection('$by_category')
await client.dispose()
console.log('$by_category runs')
