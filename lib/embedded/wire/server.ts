import { createServer, type AddressInfo } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { readWithCare } from './codec/generated.js'
import { SocketRoom } from './connections.js'
import { ignoreDeadStreams } from './dead-streams.js'
import { healthServer } from './health.js'
import type { WireService } from './service.js'

/** One message may hold a whole append of 16 MiB and what surrounds it. */
const MAX_RECEIVED_BYTES = 17 * 1024 * 1024

/** A peer that is gone without a word is noticed by pings, after this much silence and as much again. */
const KEEP_ALIVE_MS = 10_000

/** What open calls get to hear that the server stops, before their connections are closed. */
const GRACE_MS = 500

/** The port on which everything is spoken. */
export class WireServer {
  readonly #grpc = new Server({
    'grpc.max_receive_message_length': MAX_RECEIVED_BYTES,
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

  /** Ends open calls, the way their services do, and all connections, in bounded time. */
  async close (): Promise<void> {
    for (const service of this.#services) service.endCalls?.()
    await this.sockets.close(GRACE_MS)
    this.#grpc.forceShutdown()
    this.#http.close()
  }
}
