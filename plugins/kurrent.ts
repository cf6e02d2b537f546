import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { EmbeddedStore } from '../lib/embedded/index.js'
import { ConnectionConflictError, InvalidSettingError } from '../lib/errors.js'
import { connectionSettings, isVariableOf, readSettings } from '../lib/settings/index.js'
import type { KurrentOptions, KurrentSettings, Purpose, Settings, SettingsOptions } from '../lib/settings/index.js'
import { Store } from '../lib/store/index.js'
import type { Readiness, UnistreamBase } from './unistream.js'

/** A client of the official package `@kurrent/kurrentdb-client`. */
export type StoreClient = Parameters<typeof Store.over>[0]

/** How to reach the store: by a client of the application's own, or by settings. */
export interface ConnectionOptions extends KurrentOptions {
  /** A client that the application has made, and disposes: the plugins never do. Then there is no host. */
  client?: StoreClient | undefined
}

/** A part of an application that has loops: its sender, or its worker. */
export interface Part {
  readiness (): Partial<Readiness> & Pick<Readiness, 'ready' | 'reasons'>
}

const CONNECTION = Symbol('fastify-unistream-kurrent')

/** The settings that make one connection differ from another. */
const SHARED = ['host', 'user', 'pass', 'verifyCert', 'callLimit'] as const

/** Seconds for an end for which no time is left, and for the end of the connection after all that uses it. */
const FAREWELL = 2

/** What the sender and the worker of one application have in common. */
export class Connection {
  readonly store: Store
  readonly unistream: UnistreamBase
  readonly client: StoreClient | undefined
  readonly settings: KurrentSettings
  /** Names of the plugins that are registered here. */
  readonly plugins = new Set<string>()
  readonly parts: Part[] = []
  readonly readinessUrls = new Set<string>()
  /** Of all plugins that are registered here. */
  readonly aggregates = new Set<string>()
  /** Variables that are right only if there is an aggregate type of that name, and the errors that they are otherwise. */
  readonly unclaimed = new Map<string, Error>()
  readonly #closers: Array<() => Promise<void>> = []
  #sendersClosed: Promise<void> | undefined
  #closingSince = 0

  constructor (store: Store, settings: KurrentSettings, client: StoreClient | undefined) {
    this.store = store
    this.settings = settings
    this.client = client
    this.unistream = { readiness: () => this.#readiness() }
  }

  /** Has a sender closed before the workers of this application stop: its callers wait for what they do. */
  closeFirst (close: () => Promise<void>): void {
    this.#closers.push(close)
  }

  closeSenders (): Promise<void> {
    if (this.#sendersClosed === undefined) {
      this.#closingSince = performance.now()
      this.#sendersClosed = Promise.all(this.#closers.map((close) => close())).then(() => undefined)
    }
    return this.#sendersClosed
  }

  /** What is left of the seconds for an orderly close, which sender and worker have together, since {@link closeSenders}. */
  drainTimeLeft (drainTime: number): number {
    const gone = (performance.now() - this.#closingSince) / 1000
    return Math.max(drainTime - gone, Math.min(drainTime, FAREWELL))
  }

  /** Throws where a variable of the environment belongs to nobody, once all plugins are registered. */
  checkVariables (): void {
    for (const [name, error] of this.unclaimed) {
      if (![...this.aggregates].some((aggregate) => isVariableOf(aggregate, name))) throw error
    }
  }

  #readiness (): Readiness {
    const all = this.parts.map((part) => part.readiness())
    return {
      ready: all.every(({ ready }) => ready),
      reasons: all.flatMap(({ reasons }) => reasons),
      warnings: all.flatMap(({ warnings = [] }) => warnings)
    }
  }
}

/** The settings of a plugin, and the connection that it shares with the other one of this application. */
export async function connect (
  app: FastifyInstance, plugin: string, options: SettingsOptions & { kurrent?: ConnectionOptions | undefined }, aggregates: readonly string[]
): Promise<{ connection: Connection, settings: Settings }> {
  const standing = app.hasDecorator(CONNECTION) ? app.getDecorator<Connection>(CONNECTION) : undefined
  const unclaimed = new Map<string, Error>()
  const { client, settings } = settingsBeside(standing, options, { aggregates, onUnclaimed: (name, error) => unclaimed.set(name, error) })
  if (standing === undefined) {
    await app.register(kurrent, { settings: settings.kurrent, client })
  } else {
    checkAgreement(standing, settings.kurrent, client)
  }
  const connection = standing ?? app.getDecorator<Connection>(CONNECTION)
  connection.plugins.add(plugin)
  for (const aggregate of aggregates) connection.aggregates.add(aggregate)
  for (const [name, error] of unclaimed) connection.unclaimed.set(name, error)
  return { connection, settings }
}

/** Whether a plugin of that name is registered here already. */
export function isRegistered (app: FastifyInstance, plugin: string): boolean {
  return app.hasDecorator(CONNECTION) && app.getDecorator<Connection>(CONNECTION).plugins.has(plugin)
}

/** Waits for the end of something, but no longer than so many seconds. */
export async function within (seconds: number, ending: Promise<void>, log: FastifyBaseLogger, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => { timer = setTimeout(() => resolve('late'), seconds * 1000) })
  try {
    if (await Promise.race([ending, late]) === 'late') log.warn(`${what} did not come to its end within ${Number(seconds.toFixed(3))} s`)
  } catch (err) {
    log.error({ err }, `${what} could not be closed in good order`)
  } finally {
    clearTimeout(timer)
  }
}

/** Unless a plugin says otherwise, it takes the connection that stands. */
function settingsBeside (
  standing: Connection | undefined, options: SettingsOptions & { kurrent?: ConnectionOptions | undefined },
  purpose: Omit<Purpose, 'clientGiven'>
): { client: StoreClient | undefined, settings: Settings } {
  const { client: given, ...kurrent } = withoutUndefined(options.kurrent)
  if (given !== undefined) checkClient(given, kurrent)
  const client = given ?? (kurrent.host === undefined ? standing?.client : undefined)
  const inherited = standing !== undefined && client === undefined && kurrent.host === undefined ? connectionPart(standing.settings) : {}
  const settings = readSettings({
    ...options.aggregate !== undefined && { aggregate: options.aggregate },
    ...options.command !== undefined && { command: options.command },
    ...options.announce !== undefined && { announce: options.announce },
    kurrent: { ...inherited, ...kurrent }
  }, process.env, { ...purpose, clientGiven: client !== undefined })
  return { client, settings }
}

function withoutUndefined (kurrent: ConnectionOptions | undefined): ConnectionOptions {
  if (typeof kurrent !== 'object' || kurrent === null) return kurrent === undefined ? {} : notAnObject(kurrent)
  return Object.fromEntries(Object.entries(kurrent).filter(([, value]) => value !== undefined))
}

function notAnObject (value: unknown): never {
  throw new InvalidSettingError('kurrent', typeof value, 'an object')
}

function connectionPart (settings: KurrentSettings): Partial<KurrentOptions> {
  return Object.fromEntries(SHARED.map((name) => [name, settings[name]]))
}

function checkClient (client: unknown, kurrent: KurrentOptions): void {
  const { host } = kurrent
  const fits = typeof client === 'object' && client !== null && 'appendToStream' in client && 'dispose' in client
  if (!fits) throw new InvalidSettingError('kurrent.client', `a ${typeof client}`, 'a KurrentDBClient')
  if (host !== undefined) throw new InvalidSettingError('kurrent.host', 'given beside kurrent.client', 'one of the two')
  // They would be without effect, in silence.
  for (const name of ['user', 'pass', 'verifyCert'] as const) {
    if (kurrent[name] !== undefined) throw new InvalidSettingError(`kurrent.${name}`, 'given beside kurrent.client', 'nothing: the client has its own')
  }
}

function checkAgreement (standing: Connection, settings: KurrentSettings, client: StoreClient | undefined): void {
  if (client !== standing.client) throw new ConnectionConflictError('client')
  const name = SHARED.find((name) => settings[name] !== standing.settings[name])
  if (name !== undefined) throw new ConnectionConflictError(name)
}

/** One store for all that is registered at this place and below it. Registered first, it closes last. */
const kurrent = fp(async (app: FastifyInstance, { settings, client }: { settings: KurrentSettings, client: StoreClient | undefined }) => {
  const log = app.log.child({ plugin: 'fastify-unistream-kurrent' })
  const embedded = client === undefined && settings.host === 'embedded' ? await startEmbedded(log) : undefined
  const store = client === undefined ? openStore(settings, embedded, log) : Store.over(client, settings, log)
  const connection = new Connection(store, settings, client)
  app.decorate(CONNECTION, connection)
  app.decorate('unistream', connection.unistream as FastifyInstance['unistream'])
  app.addHook('onReady', async () => { connection.checkVariables() })
  app.addHook('onClose', async () => {
    await within(FAREWELL, store.close(), log, 'The connection to the store')
    if (embedded !== undefined) await within(FAREWELL, embedded.stop(), log, 'The embedded store')
  })
}, { name: 'fastify-unistream-kurrent', fastify: '5.x' })

async function startEmbedded (log: FastifyBaseLogger): Promise<EmbeddedStore> {
  // A fifth of what there is to load, and most applications have a store elsewhere.
  const { startEmbeddedStore } = await import('../lib/embedded/index.js')
  const embedded = await startEmbeddedStore({ warn: (message) => log.warn(message) })
  log.warn({ port: embedded.port }, 'The store is embedded, in memory: what is in it is gone when this process ends')
  return embedded
}

function openStore (settings: KurrentSettings, embedded: EmbeddedStore | undefined, log: FastifyBaseLogger): Store {
  const host = embedded?.connectionString ?? settings.host!
  const { connectionString, hosts, tls, unverified } = connectionSettings(
    embedded === undefined ? { ...settings, host } : { ...settings, host, user: undefined, pass: undefined })
  if (unverified) log.warn({ hosts }, 'The certificate of the store is not verified (kurrent.verifyCert, KURRENT_VERIFY_CERT)')
  log.info({ hosts, tls }, 'The store')
  return Store.open({ connectionString, callLimit: settings.callLimit, connectionName: settings.hostname }, log)
}
