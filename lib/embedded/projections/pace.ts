import type { Followers } from '../streams/index.js'
import type { Rule } from './rule.js'

/** Milliseconds that something waits at most. */
const PATIENCE = 30

/**
 * When a projection looks at what was committed. Nobody who follows what it writes is kept waiting; while nobody does, what is committed
 * one by one is looked at together, since a commit for each link costs as much as the append that it stands for.
 */
export class Pace {
  readonly #followers: Followers
  readonly #rule: Rule
  readonly #look: () => void
  #lookedAt = -Infinity
  #timer: NodeJS.Timeout | undefined
  /** Whether anybody follows, by which version of the followers. */
  #followed = false
  #version = -1

  /** @param look is to call {@link rest} when it is done, and may be called again only then */
  constructor (followers: Followers, rule: Rule, look: () => void) {
    this.#followers = followers
    this.#rule = rule
    this.#look = look
  }

  /** There is something to look at. @param enough whether it is not worth while to wait for more */
  begin (enough: boolean): void {
    const early = enough || this.#isFollowed() ? 0 : this.#lookedAt + PATIENCE - performance.now()
    if (early > 0) this.#timer = setTimeout(this.#due, early)
    // What is committed in one turn of the event loop is looked at together.
    else setImmediate(this.#look)
  }

  /** There is more to look at, since {@link begin}. */
  more (enough: boolean): void {
    if (this.#timer !== undefined && (enough || this.#isFollowed())) this.hurry()
  }

  /** Looks without waiting any longer. */
  hurry (): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    setImmediate(this.#look)
  }

  /** All there was has been looked at. */
  rest (): void {
    this.#lookedAt = performance.now()
  }

  readonly #due = (): void => {
    this.#timer = undefined
    this.#look()
  }

  #isFollowed (): boolean {
    const { version } = this.#followers
    if (version !== this.#version) {
      this.#version = version
      this.#followed = this.#followers.some((stream) => this.#rule.owns(stream))
    }
    return this.#followed
  }
}
