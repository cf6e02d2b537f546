import { createServer, type AddressInfo } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { MESSAGE_LIMITS } from '../emulation.js'
import { readWithCare } from './codec/generated.js'
import { SocketRoom } from './connections.js'
import { ignoreDeadStreams } from './dead-streams.js'
import { healthServer } from './health.js'
import { limitMessages } from './message-limits.js'
import type { WireService } from './service.js'

/** A peer that is gone without a word is noticed by pings, after this much silence and as much again. */
const KEEP_ALIVE_MS = 10_000

/** What open calls get to hear that they are over, before their connections are closed. */
const FAREWELL_MS = 500

/** The port on which everything is spoken. */
export class WireServer {
  /** By the path of the method. */
  readonly #messageLimits = new Map<string, number>()
  readonly #grpc = new Server({
    interceptors: [limitMessages((path) => this.#messageLimits.get(path))],
    'grpc.max_receive_message_length': MESSAGE_LIMITS.others,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': KEEP_ALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEP_ALIVE_MS
  })

  readonly #services: WireService[] = []
  readonly #listener = createServer()
  readonly #http = healthServer()
  readonly #injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure())
  /** The sockets of this server, to do harm to them. */
  readonly sockets = new SocketRoom(this.#injector, this.#http)

  constructor () {
    ignoreDeadStreams(this.#grpc)
  }

  /** To be called before {@link listen}. */
  add (service: WireService): void {
    this.#services.push(service)
    if (service.maxMessageBytes !== undefined) {
      for (const { path } of Object.values(service.definition)) this.#messageLimits.set(path, service.maxMessageBytes)
    }
    this.#grpc.addService(readWithCare(service.definition), service.handlers)
  }

  /**
   * @returns the port
   * @throws when the port is taken
   */
  async listen (port: number, host: string): Promise<number> {
    this.#listener.on('connection', (socket) => { this.sockets.take(socket) })
    await new Promise<void>((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen(port, host, () => {
        this.#listener.off('error', reject)
        resolve()
      })
    })
    return (this.#listener.address() as AddressInfo).port
  }

  /** Takes no more connections. */
  stopListening (): void {
    this.#listener.close()
  }

  /**
   * Takes no more calls, and lets those that are open go on, for some milliseconds or until somebody is in a hurry; those that have not
   * ended by themselves when the time is up are broken off, as by a real server.
   */
  async runOut (ms: number, hurry: AbortSignal): Promise<void> {
    await this.sockets.runOut(ms, hurry)
    if (hurry.aborted) return
    for (const service of this.#services) service.breakOff?.()
    await this.sockets.close(FAREWELL_MS)
  }

  /** Ends open calls, the way their services do, and all connections, in bounded time. */
  async close (): Promise<void> {
    for (const service of this.#services) service.endCalls?.()
    await this.sockets.close(FAREWELL_MS)
    this.#grpc.forceShutdown()
    this.#http.close()
  }
}
