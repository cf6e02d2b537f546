const CHUNK_BITS = 14
const CHUNK = 1 << CHUNK_BITS
const MASK = CHUNK - 1

/** Many numbers of 32 bits, by place; it grows at its end without moving what it holds. */
export class Column {
  readonly #chunks: Uint32Array[] = []
  #length = 0

  get length (): number {
    return this.#length
  }

  get (at: number): number {
    return this.#chunks[at >>> CHUNK_BITS]![at & MASK]!
  }

  set (at: number, value: number): void {
    this.#chunks[at >>> CHUNK_BITS]![at & MASK] = value
  }

  push (value: number): void {
    if ((this.#length & MASK) === 0) this.#chunks.push(new Uint32Array(CHUNK))
    this.set(this.#length++, value)
  }

  pop (): void {
    this.#length--
    if ((this.#length & MASK) === 0) this.#chunks.pop()
  }
}
