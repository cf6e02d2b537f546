import { writeShort } from '../../text/write-text.js'

/** Wire types of protobuf. */
export const VARINT = 0
export const LENGTH = 2

/** The greatest number that a tag, a wire type and a length take together, in bytes. */
const MARGIN = 20

/**
 * Writes one protobuf message from its end to its beginning, so that the length of each part is known when it has to be
 * written. What is written first stands last.
 */
export class BackwardsWriter {
  readonly #buffer: Buffer
  #at: number

  /** @param capacity bytes that surely suffice */
  constructor (capacity: number) {
    this.#buffer = Buffer.allocUnsafe(capacity + MARGIN)
    this.#at = this.#buffer.length
  }

  /** Where a message begins that is about to be written: its end, to be given to {@link close}. */
  get mark (): number {
    return this.#at
  }

  /** Ends a message that began at a mark. */
  close (field: number, mark: number): void {
    this.#varint(mark - this.#at)
    this.#tag(field, LENGTH)
  }

  bytes (field: number, value: Uint8Array): void {
    this.#at -= value.length
    this.#buffer.set(value, this.#at)
    this.#varint(value.length)
    this.#tag(field, LENGTH)
  }

  string (field: number, value: string): void {
    let { length } = value
    if (!writeShort(value, this.#buffer, this.#at - length)) {
      length = Buffer.byteLength(value)
      this.#buffer.write(value, this.#at - length, length, 'utf8')
    }
    this.#at -= length
    this.#varint(length)
    this.#tag(field, LENGTH)
  }

  /** Whole fields that were written before. */
  fields (encoded: Uint8Array): void {
    let at = this.#at -= encoded.length
    for (let i = 0; i < encoded.length; i++) this.#buffer[at++] = encoded[i]!
  }

  /** A message without any field. */
  empty (field: number): void {
    this.#varint(0)
    this.#tag(field, LENGTH)
  }

  /** A number that stands even when it is 0, as one of several alternatives does. */
  uint64 (field: number, value: bigint): void {
    if (value <= 9007199254740991n) this.#varint(Number(value))
    else this.#longVarint(value)
    this.#tag(field, VARINT)
  }

  int32 (field: number, value: number): void {
    this.#varint(value)
    this.#tag(field, VARINT)
  }

  done (): Buffer {
    return this.#buffer.subarray(this.#at)
  }

  #tag (field: number, wireType: number): void {
    this.#buffer[--this.#at] = field << 3 | wireType
  }

  #varint (value: number): void {
    if (value < 0x80) {
      this.#buffer[--this.#at] = value
      return
    }
    if (value < 0x80000000) {
      let size = 1
      for (let rest = value; rest >= 0x80; rest >>>= 7) size++
      let at = this.#at -= size
      let rest = value
      for (; rest >= 0x80; rest >>>= 7) this.#buffer[at++] = rest & 0x7f | 0x80
      this.#buffer[at] = rest
      return
    }
    let size = 1
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
    let at = this.#at -= size
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[at++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[at] = rest
  }

  #longVarint (value: bigint): void {
    const parts: number[] = []
    let rest = value
    while (rest >= 0x80n) {
      parts.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    parts.push(Number(rest))
    this.#at -= parts.length
    this.#buffer.set(parts, this.#at)
  }
}
