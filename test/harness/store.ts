import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import type { EmbeddedStore, EmbeddedStoreOptions } from '../../lib/embedded/index.js'

/** Whether tests work on a server that others may use too, and that makes no faults on demand. */
export const onRealServer = Boolean(process.env['KURRENT_HOST'])

/** Options of a test. */
export const embeddedOnly = { skip: onRealServer && 'needs faults that only the embedded store makes' }

export interface OpenedStore {
  connectionString: string
  /** Missing on a real server: tests that need faults skip. */
  embedded?: EmbeddedStore
  /** The folder of a store on disk. */
  data?: string
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
  const data = options.data ?? await folder(t)
  const embedded = await startEmbeddedStore({ ...options, ...(data !== undefined && { data }) })
  t.teardown(() => embedded.stop())
  return { connectionString: embedded.connectionString, embedded, ...(data !== undefined && { data }) }
}

/** Whether tests that do not say so work in memory, on disk, or on disk with a restart before each test of a file that shares a store. */
export const keeping = process.env['EMBEDDED_STORE'] ?? 'memory'

async function folder (t: Teardown): Promise<string | undefined> {
  if (keeping === 'memory') return undefined
  const data = await mkdtemp(join(tmpdir(), 'embedded-store-'))
  t.teardown(() => rm(data, { recursive: true }))
  return data
}

/** A name for streams that no other test uses, so that tests can share a server. It has no `-`. */
export function uniqueType (prefix: string): string {
  return `${prefix}${randomBytes(8).toString('hex')}`
}
