import { UUID_BYTES, uuidText } from './uuid.js'

const CHUNK = 1 << 16

/** Position and event id of every record in memory, 24 bytes for each, by ordinal. */
export class RecordIndex {
  readonly #positions: Float64Array[] = []
  readonly #ids: Buffer[] = []
  #length = 0

  get length (): number {
    return this.#length
  }

  /** @param ids holds the event id, as bytes, at a place */
  add (position: number, ids: Buffer, idFrom: number): void {
    const at = this.#length % CHUNK
    if (at === 0) {
      this.#positions.push(new Float64Array(CHUNK))
      this.#ids.push(Buffer.allocUnsafeSlow(CHUNK * UUID_BYTES))
    }
    const chunk = this.#positions.length - 1
    this.#positions[chunk]![at] = position
    const known = this.#ids[chunk]!
    const place = at * UUID_BYTES
    for (let i = 0; i < UUID_BYTES; i++) known[place + i] = ids[idFrom + i]!
    this.#length++
  }

  positionAt (ordinal: number): number {
    this.#check(ordinal)
    return this.#positions[Math.floor(ordinal / CHUNK)]![ordinal % CHUNK]!
  }

  idAt (ordinal: number): string {
    this.#check(ordinal)
    return uuidText(this.#ids[Math.floor(ordinal / CHUNK)]!, (ordinal % CHUNK) * UUID_BYTES)
  }

  /** Forgets the records from an ordinal on. */
  truncate (length: number): void {
    this.#length = Math.min(length, this.#length)
    const chunks = Math.ceil(this.#length / CHUNK)
    this.#positions.length = chunks
    this.#ids.length = chunks
  }

  /** The first ordinal below `end` whose position is at or after this one; `end` when there is none. */
  search (position: number, end: number): number {
    let low = 0
    let high = end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.positionAt(middle) < position) low = middle + 1
      else high = middle
    }
    return low
  }

  #check (ordinal: number): void {
    if (!(ordinal >= 0 && ordinal < this.#length)) throw new RangeError(`The log has no record ${ordinal}`)
  }
}
