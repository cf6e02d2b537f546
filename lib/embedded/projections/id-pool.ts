import { randomFillSync } from 'node:crypto'

/** How many ids are drawn at once. */
const BLOCK = 256

const RANDOM_BYTES = 16
const TEXT_BYTES = 36
const DASH = 0x2d
const HEX = Buffer.from('0123456789abcdef')

/** New random UUIDs, drawn and written many at a time, for who needs one with each event. */
export class IdPool {
  readonly #random = Buffer.allocUnsafeSlow(BLOCK * RANDOM_BYTES)
  readonly #letters = Buffer.alloc(BLOCK * TEXT_BYTES, DASH)
  #texts = ''
  #used = BLOCK

  next (): string {
    if (this.#used === BLOCK) this.#draw()
    const from = this.#used++ * TEXT_BYTES
    return this.#texts.substring(from, from + TEXT_BYTES)
  }

  #draw (): void {
    const random = randomFillSync(this.#random)
    const letters = this.#letters
    for (let id = 0, from = 0, to = 0; id < BLOCK; id++) {
      // Version 4, variant 1.
      random[from + 6] = random[from + 6]! & 0x0f | 0x40
      random[from + 8] = random[from + 8]! & 0x3f | 0x80
      for (let i = 0; i < RANDOM_BYTES; i++) {
        const byte = random[from++]!
        letters[to++] = HEX[byte >>> 4]!
        letters[to++] = HEX[byte & 0x0f]!
        if (i === 3 || i === 5 || i === 7 || i === 9) to++
      }
    }
    this.#texts = letters.toString('latin1')
    this.#used = 0
  }
}
