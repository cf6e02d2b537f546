import { connectivityState, Metadata, status } from '@grpc/grpc-js'
import type { CallOptions, Client as GrpcClient } from '@grpc/grpc-js'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { GRPCClientConstructor } from '@kurrent/kurrentdb-client'
import { ServerFeaturesClient } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/serverfeatures_grpc_pb.js'
import { InvalidSettingError } from '../errors.js'
import { internalsOf } from './client-internals.js'
import type { ClientInternals } from './client-internals.js'
import type { StoreSettings } from './contract.js'
import { faultOf, unavailableFault } from './faults.js'
import { withinLimit } from './time-limit.js'

/** The one client of a store: what its calls go by, how long they may take, and when its channel is given up. */
export class Connection {
  readonly client: KurrentDBClient
  /** Milliseconds for one call. */
  readonly limit: number
  readonly #owned: boolean
  readonly #internals: ClientInternals
  #present: GrpcClient | undefined
  #heard = 0
  #closed = false

  constructor (client: KurrentDBClient, callLimit: number, owned: boolean) {
    this.client = client
    this.limit = callLimit * 1000
    this.#owned = owned
    this.#internals = internalsOf(client)
  }

  static open (settings: StoreSettings): Connection {
    return new Connection(clientFor(settings), settings.callLimit, true)
  }

  /** The generated client of a service on the present channel. Not bounded: discovery of a cluster's nodes may be part of it. */
  async service<C extends GrpcClient> (service: GRPCClientConstructor<C>, name: string): Promise<C> {
    if (this.#closed) throw unavailableFault(name, 'the connection is closed')
    const client = await this.#internals.execute(service, name, async client => client)
    this.#present = client
    return client
  }

  /**
   * Arguments of a call. All go to the leader: it alone takes appends and serves groups, and a read of a follower may be behind
   * what was just confirmed.
   *
   * @param milliseconds how long the call may take; endless unless said.
   */
  callArguments (milliseconds = Infinity): [Metadata, CallOptions] {
    const deadline = milliseconds === Infinity ? Infinity : new Date(Date.now() + milliseconds)
    return this.#internals.callArguments({ requiresLeader: true }, { deadline })
  }

  /** Waits until the channel of a service's client is connected, so that a refused connection is known before anything is written. */
  async connected (client: GrpcClient, milliseconds: number, doing: string): Promise<void> {
    const channel = client.getChannel()
    const deadline = Date.now() + milliseconds
    for (;;) {
      const state = channel.getConnectivityState(true)
      if (state === connectivityState.READY) return
      if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) {
        const fault = unavailableFault(doing, `no connection to ${channel.getTarget()} could be made`)
        this.#giveUp(client)
        throw fault
      }
      const changed = await new Promise<boolean>(resolve => channel.watchConnectivityState(state, deadline, error => resolve(error === undefined)))
      if (!changed && Date.now() >= deadline) {
        this.#giveUp(client)
        throw unavailableFault(doing, `no connection to ${channel.getTarget()} could be made within ${milliseconds / 1000} s`)
      }
    }
  }

  /** The server has answered something just now. */
  hear (): void {
    this.#heard = performance.now()
  }

  /** A call has failed: lets the client look at the error, which may call for another channel or another node. */
  failed (client: GrpcClient, error: Error): void {
    // It throws inside where the server left out a trailer that the client takes for granted.
    this.#internals.handleError(client, error).catch(() => this.#giveUp(client))
  }

  /**
   * A call that began at `since` (performance.now()) had no answer in time. If nothing else was heard since then, the channel
   * may be dead without knowing it: it is given up, and the next call makes another. Calls under way on it go on.
   */
  overdue (client: GrpcClient, since: number): void {
    if (this.#heard < since) this.#giveUp(client)
  }

  /** Runs a call by the official client's own methods within the limit; rejects with a fault. */
  async managed<T> (doing: string, call: (options: { deadline: number }) => Promise<T>): Promise<T> {
    if (this.#closed) throw unavailableFault(doing, 'the connection is closed')
    const since = performance.now()
    try {
      const answer = await withinLimit(this.#known(doing).then(() => call({ deadline: this.limit })), this.limit, doing)
      this.hear()
      return answer
    } catch (error) {
      const fault = faultOf(error, doing)
      if (fault.trouble === 'timeout' && this.#present !== undefined) this.overdue(this.#present, since)
      throw fault
    }
  }

  async serverVersion (): Promise<string> {
    return await this.managed('Asking the server for its version', async () => (await this.#internals.capabilities).serverVersion)
  }

  /** Ends an owned client; a given one is left as it is. */
  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (!this.#owned) return
    await this.client.dispose()
    // dispose ends the client's calls only; its channel would stay connected.
    this.#present?.close()
  }

  // The official client keeps a failed look at the server's abilities for as long as it keeps its channel, for some kinds of failure.
  async #known (doing: string): Promise<void> {
    const client = await this.service(ServerFeaturesClient, doing)
    try {
      await this.#internals.capabilities
    } catch (error) {
      this.#giveUp(client)
      throw faultOf(error, doing)
    }
  }

  #giveUp (client: GrpcClient): void {
    const lost = Object.assign(new Error('14 UNAVAILABLE: given up'), { code: status.UNAVAILABLE, details: 'given up', metadata: new Metadata() })
    this.#internals.handleError(client, lost).catch(() => undefined)
  }
}

function clientFor ({ connectionString, connectionName }: StoreSettings): KurrentDBClient {
  const named = connectionName === undefined || /[?&]connectionName=/i.test(connectionString)
    ? connectionString
    : `${connectionString}${connectionString.includes('?') ? '&' : '?'}connectionName=${encodeURIComponent(connectionName)}`
  try {
    return KurrentDBClient.connectionString(named)
  } catch {
    // The client's own error quotes the string, and with it the password.
    throw new InvalidSettingError('kurrent.host (KURRENT_HOST)', 'not usable',
      'a host, a list of hosts, or a connection string such as kurrentdb://user:password@host:2113?tls=true')
  }
}
