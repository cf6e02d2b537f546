import type { Faults } from '../faults.js'
import type { AppendResult } from '../streams/index.js'

/** Lets the answers to appends pass, save those that a test wants lost. */
export class Answers {
  readonly #faults: Faults
  readonly #cut: (peer: string) => void

  /** @param cut breaks the connection of a peer, as its calls name it */
  constructor (faults: Faults, cut: (peer: string) => void) {
    this.#faults = faults
    this.#cut = cut
  }

  /** Whether an append's answer is to be given. */
  pass (stream: string, call: { getPeer (): string }, result: AppendResult): boolean {
    const fate = result.kind === 'written' ? this.#faults.answerFate(stream) : 'given'
    if (fate === 'cut') this.#cut(call.getPeer())
    return fate === 'given'
  }
}
