import { Client, credentials, type ServiceDefinition } from '@grpc/grpc-js'
import type { Chance } from '../harness/chance.js'
import { featuresGrpc, gossipGrpc, persistentGrpc, projectionsGrpc, sessionsGrpc, streamsGrpc } from '../../lib/embedded/wire/protocol.js'
import { mutated, randomMessage } from './protobuf.js'
import { sample } from './samples.js'

/** Milliseconds until a call is given up; what is still open then is what a client might hold for ever. */
const DEADLINE = 3_000

/** Milliseconds after which the caller goes away, at most. */
const LONGEST = 50

/** What the transport takes, and a little more. */
const HUGE = 17 * 1024 * 1024 + 1

const METHODS = [streamsGrpc.StreamsService, persistentGrpc.PersistentSubscriptionsService, projectionsGrpc.ProjectionsService, featuresGrpc.ServerFeaturesService,
  gossipGrpc.GossipService, sessionsGrpc.StreamsServiceService]
  .flatMap((service) => Object.values(service as unknown as ServiceDefinition))
  // What ends the work of everybody else at once is tested where it belongs.
  .filter(({ path }) => !/RestartSubsystem|Disable/.test(path))

const bytes = (message: Buffer): Buffer => message

/** Sends messages that are none over gRPC. */
export class CallFuzzer {
  readonly #chance: Chance
  readonly #client: Client
  /** Answers and errors, by their code. */
  readonly outcomes = new Map<number, number>()

  constructor (host: string, chance: Chance) {
    this.#chance = chance
    this.#client = new Client(host, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 })
  }

  close (): void {
    this.#client.close()
  }

  /** One call of any method. @returns how many messages it has sent */
  async call (): Promise<number> {
    const chance = this.#chance
    const method = chance.pick(METHODS)
    const messages = this.#messages(method.path)
    if (!method.requestStream) messages.length = 1
    const sent = messages.length
    const code = await new Promise<number>((resolve) => {
      const call = this.#client.makeBidiStreamRequest<Buffer, Buffer>(method.path, bytes, bytes, { deadline: Date.now() + DEADLINE })
      call.on('data', () => {})
      call.on('error', () => {})
      call.on('status', ({ code }) => { resolve(code) })
      for (const message of messages) call.write(message)
      if (chance.percent(60)) call.end()
      // Followers stay open, as does who is not told that this is all.
      setTimeout(() => { call.cancel() }, chance.below(LONGEST))
    })
    this.outcomes.set(code, (this.outcomes.get(code) ?? 0) + 1)
    return sent
  }

  #messages (path: string): Buffer[] {
    const chance = this.#chance
    if (chance.below(20_000) === 0) return [Buffer.alloc(HUGE)]
    return Array.from({ length: 1 + chance.below(4) }, () => {
      switch (chance.below(10)) {
        case 0: return [chance.bytes(chance.below(200))]
        case 1: return [randomMessage(chance)]
        case 2: return [mutated(chance, randomMessage(chance))]
        case 3: return sample(path, chance)
        default: return sample(path, chance).map((message) => mutated(chance, message))
      }
    }).flat().concat(Buffer.alloc(0)).slice(0, 6)
  }
}
