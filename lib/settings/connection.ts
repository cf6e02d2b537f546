import { parseHost, writeConnectionString } from './connection-string.js'
import type { KurrentSettings } from './options.js'
import { invalid } from './refusal.js'

/** How to connect, as the client of the store wants it. */
export interface ConnectionSettings {
  /** Holds the password: it goes to the client and nowhere else. */
  readonly connectionString: string
  /** The hosts alone, which may be shown. */
  readonly hosts: string
  readonly tls: boolean
  /** Whether the certificate that the server shows is not verified. */
  readonly unverified: boolean
}

/**
 * The connection to a store that is not embedded. User and password are escaped into the string.
 *
 * Hosts are reached by TLS, and only a whole connection string can switch it off (`?tls=false`): a password never goes over a
 * bare connection because of a setting that was left out.
 */
export function connectionSettings ({ host, user, pass, verifyCert, callLimit }: KurrentSettings & { host: string }): ConnectionSettings {
  const { discover, hosts, credentials, options } = parseHost(host)
  if (user !== undefined && credentials !== undefined) {
    throw invalid('kurrent.user (KURRENT_USER)', user, { expected: 'nothing, since kurrent.host has a user in it' })
  }
  const cluster = discover || hosts.length > 1
  const connectionString = writeConnectionString({
    discover,
    hosts,
    credentials: user !== undefined && pass !== undefined ? { user, pass } : credentials,
    options: {
      defaultDeadline: String(Math.ceil(callLimit * 1000)),
      // With one host there is nothing to discover, yet the client's first read would wait this long before it asks.
      ...cluster ? {} : { discoveryInterval: '0' },
      ...options,
      ...verifyCert ? {} : { tlsVerifyCert: 'false' }
    }
  })
  const tls = options['tls'] !== 'false'
  return { connectionString, hosts: hosts.join(','), tls, unverified: tls && (!verifyCert || options['tlsVerifyCert'] === 'false') }
}
