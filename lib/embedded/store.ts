import { EMULATED_VERSIONS, EMULATIONS, type EmulatedVersion } from './emulation.js'
import { Faults } from './faults.js'
import { Groups } from './groups/index.js'
import { DiskLog } from './log/disk/disk-log.js'
import { MemoryLog } from './log/memory/memory-log.js'
import { Projections } from './projections/index.js'
import { Streams, StreamTable } from './streams/index.js'
import { Answers } from './wire/answers.js'
import { featuresService } from './wire/features.js'
import { gossipService } from './wire/gossip.js'
import { groupsService } from './wire/groups.js'
import { projectionsService } from './wire/projections.js'
import { WireServer } from './wire/server.js'
import { streamsService } from './wire/streams-service.js'
import { sessionsService } from './wire/v2/sessions.js'

export interface EmbeddedStoreOptions {
  /** 0 takes any that is free. */
  port?: number
  /** Beyond loopback anyone who reaches the port may read and write everything: there is no authentication. */
  host?: string
  /** The folder that holds the data, made where it is missing; without one everything is in memory. */
  data?: string
  /** Told how many bytes of the data folder are read, of how many, while it is opened. */
  progress?: (done: number, total: number) => void
  /**
   * The version of the real server to be like: in what is advertised, in limits, in what is missing, and in known faults.
   * 26.1 unless told otherwise.
   */
  emulate?: EmulatedVersion
  /** The events of one append together, in bytes; unless told otherwise as the version has it, 256 MiB in 26.1. */
  maxAppendSize?: number
  /** One event, in bytes; unless told otherwise as the version has it, 16 MiB in 26.1. */
  maxAppendEventSize?: number
  /** Called with what somebody who runs the server should know. */
  warn?: (message: string) => void
}

/** A server that speaks KurrentDB's protocol, for development, tests, and small installations. */
export interface EmbeddedStore {
  readonly port: number
  /** For the official client. */
  readonly connectionString: string
  /** What a test can do to it. */
  readonly faults: Faults
  /**
   * Ends every call and connection, in bounded time; what was in memory alone is gone. Called again without grace, it ends what is left of it.
   * @returns what resolves when all has ended
   */
  stop (options?: StopOptions): Promise<void>
}

export interface StopOptions {
  /**
   * Seconds for which calls that are open go on, subscriptions and appends above all, while no others are taken: a real server that gets
   * SIGTERM gives them 5, and then breaks off what is left. Unless told otherwise none: then each is ended, and told why.
   */
  grace?: number
}

/**
 * @throws when the port is taken; RangeError for a version that cannot be emulated; and LogFolderError, LogLockedError, LogDamagedError or
 * LogVersionError when the data folder cannot be written to, is in use, damaged, or of a newer version
 */
export async function startEmbeddedStore (options: EmbeddedStoreOptions = {}): Promise<EmbeddedStore> {
  const host = options.host ?? '127.0.0.1'
  const emulation = EMULATIONS[options.emulate ?? '26.1'] as typeof EMULATIONS[EmulatedVersion] | undefined
  if (emulation === undefined) throw new RangeError(`emulate must be one of ${EMULATED_VERSIONS.join(', ')}, not '${options.emulate}'`)
  const table = new StreamTable()
  const log = options.data === undefined
    ? new MemoryLog()
    : await DiskLog.open(options.data, {
      visit: (found, ordinal) => { table.restore(found, ordinal) },
      ...(options.warn !== undefined && { warn: options.warn }),
      ...(options.progress !== undefined && { progress: options.progress })
    })
  const streams = new Streams(log, {
    ...emulation.limits,
    ...(options.maxAppendSize !== undefined && { maxAppendSize: options.maxAppendSize }),
    ...(options.maxAppendEventSize !== undefined && { maxAppendEventSize: options.maxAppendEventSize })
  }, table)
  const projections = new Projections(streams)
  const groups = new Groups(streams, { skippedGo: emulation.skippedGo, ...(options.warn !== undefined && { warn: options.warn }) })
  const server = new WireServer()
  const faults = new Faults({ streams, links: projections.byCategory, connections: server.sockets, groups })
  let port = 0

  server.add(featuresService(emulation))
  server.add(gossipService(() => ({ host, port })))
  server.add(projectionsService(projections))
  server.add(streamsService(streams, new Answers(faults, (peer) => { server.sockets.cut(peer) }), emulation))
  server.add(groupsService(groups))
  if (emulation.hasSessions) server.add(sessionsService(streams))

  try {
    await projections.start()
    await groups.start()
    port = await server.listen(options.port ?? 0, host)
  } catch (error) {
    await groups.stop()
    await projections.close()
    await log.close()
    throw error
  }

  let stopped: Promise<void> | undefined
  const hurry = new AbortController()
  async function stop (grace: number): Promise<void> {
    server.stopListening()
    await server.runOut(grace * 1000, hurry.signal)
    await streams.settled()
    await server.close()
    await groups.stop()
    await projections.close()
    await streams.settled()
    await streams.log.close()
  }
  return {
    port,
    connectionString: `kurrentdb://${host.includes(':') ? `[${host}]` : host}:${port}?tls=false`,
    faults,
    stop ({ grace = 0 } = {}) {
      if (grace === 0) hurry.abort()
      stopped ??= stop(grace)
      return stopped
    }
  }
}
