import { ALL, type Followers, type Streams } from '../streams/index.js'

type Wake = () => void

/** Wakes who waits for new records, of one stream or of any. */
export class Signals {
  readonly #byStream = new Map<string, Set<Wake>>()
  readonly #all = new Set<Wake>()
  readonly #followers: Followers

  constructor (streams: Streams) {
    this.#followers = streams.followers
    streams.onCommit((records) => {
      for (const wake of this.#all) wake()
      if (this.#byStream.size === 0) return
      let last: string | undefined
      for (const { stream } of records) {
        if (stream === last) continue
        last = stream
        const waiting = this.#byStream.get(stream)
        if (waiting !== undefined) for (const wake of waiting) wake()
      }
    })
  }

  /** @returns what ends it */
  onAll (wake: Wake): () => void {
    this.#all.add(wake)
    this.#followers.add(ALL)
    return () => {
      this.#all.delete(wake)
      this.#followers.remove(ALL)
    }
  }

  /** @returns what ends it */
  onStream (stream: string, wake: Wake): () => void {
    let waiting = this.#byStream.get(stream)
    if (waiting === undefined) this.#byStream.set(stream, waiting = new Set())
    waiting.add(wake)
    this.#followers.add(stream)
    return () => {
      this.#followers.remove(stream)
      waiting.delete(wake)
      if (waiting.size === 0 && this.#byStream.get(stream) === waiting) this.#byStream.delete(stream)
    }
  }
}
