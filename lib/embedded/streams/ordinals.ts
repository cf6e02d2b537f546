import { Column } from './column.js'

/** Memory for short lists is taken in pieces of so many numbers. */
const PIECE_BITS = 16
const PIECE = 1 << PIECE_BITS
const MASK = PIECE - 1

/** A longer list has pieces of its own, of so many numbers each. */
const LONG_BITS = 10
const LONG = 1 << LONG_BITS

/**
 * Many lists of ordinals, by number: where the events of each stream stand. A list of one stands in its place; a short one in a
 * block of 2, 4, 8, … of a piece that many share. Blocks that a list has outgrown are used again.
 */
export class OrdinalLists {
  readonly #lengths = new Column()
  /** The only ordinal of a list, or where its block begins. */
  readonly #places = new Column()
  readonly #long = new Map<number, Uint32Array[]>()
  readonly #pieces: Uint32Array[] = []
  #end = 0
  /** Blocks that nobody uses, by the logarithm of their size. */
  readonly #unused: number[][] = Array.from({ length: LONG_BITS + 1 }, () => [])

  get count (): number {
    return this.#lengths.length
  }

  /** Adds an empty list. */
  addList (): void {
    this.#lengths.push(0)
    this.#places.push(0)
  }

  /** Takes the last list away, which must be empty. */
  removeLastList (): void {
    this.#lengths.pop()
    this.#places.pop()
  }

  length (list: number): number {
    return this.#lengths.get(list)
  }

  /** Only below the list's length. */
  at (list: number, index: number): number {
    const length = this.#lengths.get(list)
    const place = this.#places.get(list)
    if (length === 1) return place
    if (length > LONG) return this.#long.get(list)![index >>> LONG_BITS]![index & LONG - 1]!
    return this.#pieces[place >>> PIECE_BITS]![(place & MASK) + index]!
  }

  slice (list: number, from: number, to: number): number[] {
    const end = Math.min(to, this.length(list))
    const found: number[] = []
    for (let index = from; index < end; index++) found.push(this.at(list, index))
    return found
  }

  push (list: number, ordinal: number): void {
    const length = this.#lengths.get(list)
    if (length === 0) {
      this.#places.set(list, ordinal)
    } else if (length < LONG) {
      // Blocks are full when the length is a power of two.
      if ((length & length - 1) === 0) this.#enlarge(list, length)
      this.#write(this.#places.get(list) + length, ordinal)
    } else {
      if (length === LONG) this.#leaveBlock(list)
      const pieces = this.#long.get(list)!
      if ((length & LONG - 1) === 0) pieces.push(new Uint32Array(LONG))
      pieces[length >>> LONG_BITS]![length & LONG - 1] = ordinal
    }
    this.#lengths.set(list, length + 1)
  }

  pop (list: number): void {
    const length = this.#lengths.get(list) - 1
    if (length >= LONG) {
      const pieces = this.#long.get(list)!
      if ((length & LONG - 1) === 0) pieces.pop()
      if (length === LONG) this.#returnToBlock(list, pieces[0]!)
    } else if (length > 0 && (length & length - 1) === 0) {
      this.#shrink(list, length)
    }
    this.#lengths.set(list, length)
  }

  #enlarge (list: number, length: number): void {
    const place = this.#places.get(list)
    const larger = this.#block(length * 2)
    if (length === 1) {
      this.#write(larger, place)
    } else {
      this.#copy(place, larger, length)
      this.#unused[Math.log2(length)]!.push(place)
    }
    this.#places.set(list, larger)
  }

  #shrink (list: number, length: number): void {
    const place = this.#places.get(list)
    if (length === 1) {
      this.#places.set(list, this.#read(place))
    } else {
      const smaller = this.#block(length)
      this.#copy(place, smaller, length)
      this.#places.set(list, smaller)
    }
    this.#unused[Math.log2(length * 2)]!.push(place)
  }

  #leaveBlock (list: number): void {
    const place = this.#places.get(list)
    const at = place & MASK
    this.#long.set(list, [this.#pieces[place >>> PIECE_BITS]!.slice(at, at + LONG)])
    this.#unused[LONG_BITS]!.push(place)
  }

  #returnToBlock (list: number, ordinals: Uint32Array): void {
    const place = this.#block(LONG)
    this.#pieces[place >>> PIECE_BITS]!.set(ordinals, place & MASK)
    this.#places.set(list, place)
    this.#long.delete(list)
  }

  /** Where a block of that size begins. It lies in one piece, since the sizes of all are powers of two. */
  #block (size: number): number {
    const unused = this.#unused[Math.log2(size)]!.pop()
    if (unused !== undefined) return unused
    // What is left over in between is for smaller ones.
    while (this.#end % size !== 0) {
      const rest = this.#end & -this.#end
      this.#unused[Math.log2(rest)]!.push(this.#end)
      this.#end += rest
    }
    if (this.#end === this.#pieces.length * PIECE) this.#pieces.push(new Uint32Array(PIECE))
    const place = this.#end
    this.#end += size
    return place
  }

  #read (place: number): number {
    return this.#pieces[place >>> PIECE_BITS]![place & MASK]!
  }

  #write (place: number, ordinal: number): void {
    this.#pieces[place >>> PIECE_BITS]![place & MASK] = ordinal
  }

  #copy (from: number, to: number, count: number): void {
    for (let i = 0; i < count; i++) this.#write(to + i, this.#read(from + i))
  }
}
