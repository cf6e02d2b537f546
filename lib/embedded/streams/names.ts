import { writeText } from '../text/write-text.js'
import { Column } from './column.js'

/** Memory for letters is taken in pieces of so many bytes. */
const PIECE_BITS = 18
const PIECE = 1 << PIECE_BITS
const MASK = PIECE - 1

/** A name that has so many bytes or more stands apart. */
const LONG = 0xffff

/** Letters of a name are preceded by their number. */
const LENGTH_BYTES = 2

const FIRST_SLOTS = 1 << 10

/** The table is made twice as large when more than this part of it is taken. */
const FULL = 0.75

/**
 * Names, numbered in the order in which they came: 0, 1, 2, … Millions of them take little more memory than their letters, and
 * cost the garbage collector nothing.
 */
export class Names {
  readonly #pieces: Buffer[] = []
  /** Where a name stands in the pieces, by number. */
  readonly #places = new Column()
  readonly #long = new Map<number, Buffer>()
  #end = 0
  /** A hash table that is probed place by place: hashes, and numbers from 1. */
  #hashes = new Uint32Array(FIRST_SLOTS)
  #numbers = new Uint32Array(FIRST_SLOTS)
  readonly #scratch = Buffer.allocUnsafeSlow(4 * LONG)

  get count (): number {
    return this.#places.length
  }

  /** The number of a name; -1 when there is none. */
  find (name: string): number {
    const bytes = this.#encode(name)
    return this.#find(bytes.buffer, 0, bytes.length, hash(bytes.buffer, 0, bytes.length))
  }

  /** The number of a name, a new one when there is none. */
  add (name: string): number {
    const bytes = this.#encode(name)
    return this.addBytes(bytes.buffer, 0, bytes.length)
  }

  /** The number of a name that stands in a buffer, as UTF-8; a new one when there is none. */
  addBytes (buffer: Buffer, from: number, to: number): number {
    const sum = hash(buffer, from, to)
    const found = this.#find(buffer, from, to, sum)
    if (found !== -1) return found
    const number = this.#places.length
    this.#store(number, buffer, from, to)
    if (number >= this.#numbers.length * FULL) this.#grow()
    this.#take(sum, number + 1)
    return number
  }

  nameOf (number: number): string {
    const long = this.#long.get(number)
    if (long !== undefined) return long.toString('utf8')
    const place = this.#places.get(number)
    const piece = this.#pieces[place >>> PIECE_BITS]!
    const from = (place & MASK) + LENGTH_BYTES
    return piece.toString('utf8', from, from + piece.readUInt16LE(place & MASK))
  }

  /** Forgets the name that came last. */
  removeLast (): void {
    const number = this.#places.length - 1
    const name = Buffer.from(this.nameOf(number))
    this.#free(this.#slotOf(name, 0, name.length, hash(name, 0, name.length)))
    this.#end = this.#places.get(number)
    this.#pieces.length = Math.ceil(this.#end / PIECE)
    this.#long.delete(number)
    this.#places.pop()
  }

  #encode (name: string): { buffer: Buffer, length: number } {
    if (name.length < LONG) return { buffer: this.#scratch, length: writeText(name, this.#scratch, 0) }
    const buffer = Buffer.from(name)
    return { buffer, length: buffer.length }
  }

  #find (buffer: Buffer, from: number, to: number, sum: number): number {
    return this.#numbers[this.#slotOf(buffer, from, to, sum)]! - 1
  }

  /** Where a name stands in the table, or where it would. */
  #slotOf (buffer: Buffer, from: number, to: number, sum: number): number {
    const mask = this.#numbers.length - 1
    let slot = sum & mask
    for (let number = this.#numbers[slot]!; number !== 0; number = this.#numbers[slot]!) {
      if (this.#hashes[slot] === sum && this.#is(number - 1, buffer, from, to)) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  #is (number: number, buffer: Buffer, from: number, to: number): boolean {
    const long = this.#long.get(number)
    if (long !== undefined) return long.compare(buffer, from, to) === 0
    const place = this.#places.get(number)
    const piece = this.#pieces[place >>> PIECE_BITS]!
    let at = place & MASK
    if ((piece[at]! | piece[at + 1]! << 8) !== to - from) return false
    at += LENGTH_BYTES
    // Names differ at their ends more often than where they begin.
    for (let i = to - from - 1; i >= 0; i--) if (piece[at + i] !== buffer[from + i]) return false
    return true
  }

  #store (number: number, buffer: Buffer, from: number, to: number): void {
    const length = to - from
    if (length >= LONG) {
      this.#long.set(number, Buffer.from(buffer.subarray(from, to)))
      this.#places.push(this.#end)
      return
    }
    const room = PIECE * this.#pieces.length - this.#end
    if (room < LENGTH_BYTES + length) {
      this.#end += room
      this.#pieces.push(Buffer.allocUnsafeSlow(PIECE))
    }
    const piece = this.#pieces[this.#end >>> PIECE_BITS]!
    this.#places.push(this.#end)
    const at = piece.writeUInt16LE(length, this.#end & MASK)
    buffer.copy(piece, at, from, to)
    this.#end += LENGTH_BYTES + length
  }

  #take (sum: number, number: number): void {
    const mask = this.#numbers.length - 1
    let slot = sum & mask
    while (this.#numbers[slot] !== 0) slot = (slot + 1) & mask
    this.#hashes[slot] = sum
    this.#numbers[slot] = number
  }

  /** Empties a slot, and moves up whatever would not be found any more behind it. */
  #free (empty: number): void {
    const mask = this.#numbers.length - 1
    for (let slot = (empty + 1) & mask; this.#numbers[slot] !== 0; slot = (slot + 1) & mask) {
      const wanted = this.#hashes[slot]! & mask
      if (((slot - wanted) & mask) < ((slot - empty) & mask)) continue
      this.#hashes[empty] = this.#hashes[slot]!
      this.#numbers[empty] = this.#numbers[slot]!
      empty = slot
    }
    this.#numbers[empty] = 0
  }

  #grow (): void {
    const hashes = this.#hashes
    const numbers = this.#numbers
    this.#hashes = new Uint32Array(hashes.length * 2)
    this.#numbers = new Uint32Array(numbers.length * 2)
    for (let slot = 0; slot < numbers.length; slot++) {
      if (numbers[slot] !== 0) this.#take(hashes[slot]!, numbers[slot]!)
    }
  }
}

/** FNV-1a, stirred once more, since the table goes by its lowest bits. */
function hash (buffer: Buffer, from: number, to: number): number {
  let sum = 0x811c9dc5
  for (let at = from; at < to; at++) sum = Math.imul(sum ^ buffer[at]!, 0x01000193)
  sum = Math.imul(sum ^ sum >>> 15, 0x2c1b3c6d)
  return (sum ^ sum >>> 13) >>> 0
}
