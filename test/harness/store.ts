import { randomBytes } from 'node:crypto'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import type { EmbeddedStore, EmbeddedStoreOptions } from '../../lib/embedded/index.js'

export interface OpenedStore {
  connectionString: string
  /** Missing on a real server: tests that need faults skip. */
  embedded?: EmbeddedStore
}

interface Teardown {
  teardown (action: () => Promise<void>): void
}

/** The server that a test works on: a real one when KURRENT_HOST names one, else an embedded one of its own. */
export async function openStore (t: Teardown, options: EmbeddedStoreOptions = {}): Promise<OpenedStore> {
  const host = process.env['KURRENT_HOST']
  if (host !== undefined && host !== '') {
    return { connectionString: host.includes('://') ? host : `kurrentdb://${host}?tls=false` }
  }
  const embedded = await startEmbeddedStore(options)
  t.teardown(() => embedded.stop())
  return { connectionString: embedded.connectionString, embedded }
}

/** A name for streams that no other test uses, so that tests can share a server. It has no `-`. */
export function uniqueType (prefix: string): string {
  return `${prefix}${randomBytes(8).toString('hex')}`
}
