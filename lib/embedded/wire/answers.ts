import type { Faults } from '../faults.js'
import type { AppendResult } from '../streams/index.js'

/** Gives the answers to appends, save those that a test wants lost. */
export class Answers {
  readonly #faults: Faults
  readonly #cut: (peer: string) => void

  /** @param cut breaks the connection of a peer, as its calls name it */
  constructor (faults: Faults, cut: (peer: string) => void) {
    this.#faults = faults
    this.#cut = cut
  }

  give (stream: string, call: { getPeer (): string }, result: AppendResult, answer: () => void): void {
    const fate = result.kind === 'written' ? this.#faults.answerFate(stream) : 'given'
    if (fate === 'given') answer()
    else if (fate === 'cut') this.#cut(call.getPeer())
  }
}
