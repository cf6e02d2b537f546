import type { Streams } from './streams/index.js'

/** Which streams a fault is meant for: one name, or a test of names. */
export type StreamMatch = string | RegExp | ((stream: string) => boolean)

/** What becomes of the answer to an append that was committed. */
export type AnswerFate = 'given' | 'withheld' | 'cut'

interface LostAnswer {
  match: StreamMatch
  fate: 'withheld' | 'cut'
  happened: () => void
}

/** What the faults need of the server's connections. */
export interface Connections {
  dropAll (): void
  hang (): void
  resume (): void
}

/** What the faults need of the persistent subscriptions. */
export interface Redelivery {
  redeliver (stream: string, group: string, from?: bigint): number
}

/** What the faults need of the category links. */
export interface Links {
  hold (): void
  release (): void
}

/**
 * The test surface: makes a server do what real ones do in bad moments. Nothing of it is reachable over the wire.
 */
export class Faults {
  #lost: LostAnswer[] = []
  readonly #streams: Streams
  readonly #links: Links
  readonly #connections: Connections
  readonly #groups: Redelivery

  constructor (parts: { streams: Streams, links: Links, connections: Connections, groups: Redelivery }) {
    this.#streams = parts.streams
    this.#links = parts.links
    this.#connections = parts.connections
    this.#groups = parts.groups
  }

  /**
   * The next append to a matching stream is committed, and its writer never hears of it: either no answer comes
   * (`withheld`) or the connection breaks at that moment (`cut`). Called several times, the next several.
   * @returns when that has happened
   */
  loseAnswer (match: StreamMatch, fate: 'withheld' | 'cut' = 'withheld'): Promise<void> {
    return new Promise((resolve) => {
      this.#lost.push({ match, fate, happened: resolve })
    })
  }

  /** Breaks every connection. Clients may connect again at once. */
  dropConnections (): void {
    this.#connections.dropAll()
  }

  /** From now on nothing that clients send is looked at, pings included; connections stay, and new ones are accepted. */
  hang (): void {
    this.#connections.hang()
  }

  /** Ends a {@link hang}: what has come meanwhile is done. */
  resume (): void {
    this.#connections.resume()
  }

  /** Forgets the ids of recent appends, as a restart does. */
  forgetIds (): void {
    this.#streams.forgetRecentIds()
  }

  /** Category links stop growing, while the projection is said to run. */
  holdLinks (): void {
    this.#links.hold()
  }

  /** Ends {@link holdLinks}: what was held back is linked, in order. */
  releaseLinks (): void {
    this.#links.release()
  }

  /**
   * Delivers to a group again: what its consumers hold, as if they had not answered in time; or all events of its source
   * from a revision on, as a restart does that comes before the checkpoint.
   * @returns how many messages were taken out of the consumers' hands
   */
  redeliver (stream: string, group: string, from?: bigint): number {
    return this.#groups.redeliver(stream, group, from)
  }

  /** Asked by the wire once an append is committed. */
  answerFate (stream: string): AnswerFate {
    if (this.#lost.length === 0) return 'given'
    const index = this.#lost.findIndex(({ match }) => matches(match, stream))
    if (index < 0) return 'given'
    const [lost] = this.#lost.splice(index, 1)
    lost!.happened()
    return lost!.fate
  }
}

function matches (match: StreamMatch, stream: string): boolean {
  if (typeof match === 'string') return match === stream
  return match instanceof RegExp ? match.test(stream) : match(stream)
}
