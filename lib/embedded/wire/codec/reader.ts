import type { FamiliarTexts } from '../../text/familiar-texts.js'
import { uuidAt } from '../uuid.js'
import { LENGTH } from './writer.js'

/** A message that is none. */
export class MalformedMessage extends Error {
  constructor () {
    super('The message is not valid protobuf')
  }
}

const MAX_SHIFT = 63n

/** As many bytes of a number as surely fit into 53 bits. */
const SMALL_BYTES = 7

/** Reads the fields of one protobuf message, without copying. */
export class FieldReader {
  readonly #buffer: Buffer
  #end: number
  #at: number
  #wireType = 0

  constructor (buffer: Buffer, from = 0, to = buffer.length) {
    this.#buffer = buffer
    this.#at = from
    this.#end = to
  }

  /**
   * The message that begins with its length at a place.
   * @throws MalformedMessage where no length stands, or less than that follows it
   */
  static at (buffer: Buffer, at: number): FieldReader {
    const reader = new FieldReader(buffer, at)
    reader.#wireType = LENGTH
    return reader.message()
  }

  /** The number of the next field; 0 at the end. Its value must be taken or skipped. */
  next (): number {
    if (this.#at === this.#end) return 0
    const tag = this.#varint()
    this.#wireType = tag & 7
    const field = tag >>> 3
    if (field === 0) throw new MalformedMessage()
    return field
  }

  bytes (): Buffer {
    const length = this.#length()
    const from = this.#at
    this.#at += length
    return this.#buffer.subarray(from, this.#at)
  }

  string (): string {
    const length = this.#length()
    const from = this.#at
    this.#at += length
    return this.#buffer.toString('utf8', from, this.#at)
  }

  /** A text that is to be a UUID, in lower case; nothing when it is malformed or nil. */
  uuid (): string | undefined {
    const length = this.#length()
    const from = this.#at
    this.#at += length
    return uuidAt(this.#buffer, from, this.#at)
  }

  /** A text that is likely to be one of those that came before. */
  familiar (texts: FamiliarTexts): string {
    const length = this.#length()
    const from = this.#at
    this.#at += length
    return texts.read(this.#buffer, from, this.#at)
  }

  message (): FieldReader {
    const length = this.#length()
    const from = this.#at
    this.#at += length
    return new FieldReader(this.#buffer, from, this.#at)
  }

  /** Goes into a message, to its fields, and returns what {@link leave} needs. It makes no reader, as {@link message} does. */
  enter (): number {
    const length = this.#length()
    const end = this.#end
    this.#end = this.#at + length
    return end
  }

  /** Goes on behind a message, all of whose fields were read. */
  leave (end: number): void {
    this.#end = end
  }

  uint64 (): bigint {
    const short = this.#shortVarint()
    return short === undefined ? this.#longVarint() : BigInt(short)
  }

  int64 (): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  /** A signed number of 64 bits, rounded where it takes more than 53. */
  number (): number {
    return this.#shortVarint() ?? Number(BigInt.asIntN(64, this.#longVarint()))
  }

  bool (): boolean {
    return this.number() !== 0
  }

  skip (): void {
    switch (this.#wireType) {
      case 0:
        this.number()
        break
      case 1:
        this.#forward(8)
        break
      case 2:
        this.#forward(this.#length())
        break
      case 5:
        this.#forward(4)
        break
      default:
        throw new MalformedMessage()
    }
  }

  #length (): number {
    this.#demand(2)
    const length = this.#varint()
    if (length > this.#end - this.#at) throw new MalformedMessage()
    return length
  }

  #forward (bytes: number): void {
    if (bytes > this.#end - this.#at) throw new MalformedMessage()
    this.#at += bytes
  }

  #demand (wireType: number): void {
    if (this.#wireType !== wireType) throw new MalformedMessage()
  }

  #byte (): number {
    if (this.#at >= this.#end) throw new MalformedMessage()
    return this.#buffer[this.#at++]!
  }

  /** Most numbers fit into what JavaScript counts with, and bigints are slow. Of one that may not fit nothing is read. */
  #shortVarint (): number | undefined {
    this.#demand(0)
    const from = this.#at
    let value = 0
    for (let i = 0, factor = 1; i < SMALL_BYTES; i++, factor *= 0x80) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    this.#at = from
    return undefined
  }

  #longVarint (): bigint {
    let value = 0n
    for (let shift = 0n; shift <= MAX_SHIFT; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new MalformedMessage()
  }

  /** A tag or a length: at most 32 bits. */
  #varint (): number {
    let byte = this.#byte()
    let value = byte & 0x7f
    let factor = 0x80
    while (byte >= 0x80) {
      byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (value > 0xffffffff) throw new MalformedMessage()
      factor *= 0x80
    }
    return value
  }
}
