import { LINK_TYPE, type LogRecord } from '../log/record.js'
import type { NewRecord } from '../streams/index.js'
import { writeShort } from '../text/write-text.js'
import { IdPool } from './id-pool.js'

/** Memory for what links say is taken in pieces of so many bytes. */
const PIECE = 32 * 1024

/** What the numbers, the id and the punctuation of a link take, generously. */
const FRAME = 192

const POSITION_AGAIN = Buffer.from(',"$p":')
const QUOTE = '"'.charCodeAt(0)
const BRACE = '}'.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)

/** What is the same in all links to the events of a stream. */
export interface LinkParts {
  /** Of the mark, from behind the position up to the id that caused it. */
  readonly own: Uint8Array
  /** What stands in the link behind the revision. */
  readonly target: Uint8Array
}

/** @param original JSON of the stream's name */
export function linkParts (stream: string, original: string): LinkParts {
  return { own: Buffer.from(`,"$o":${original},"$causedBy":"`), target: Buffer.from(`@${stream}`) }
}

/**
 * Writes links as {@link mark} and {@link linkEvent} do, byte by byte into memory that many share: a link is made for each event, and by
 * way of strings it takes several times as long.
 */
export class LinkWriter {
  readonly #begin: Uint8Array
  readonly #ids = new IdPool()
  #piece = new Uint8Array(PIECE)
  #at = 0

  /** @param id of the projection's rule */
  constructor (id: number) {
    this.#begin = Buffer.from(`{"$v":"${id}:-1:1:4","$c":`)
  }

  /** @param more further properties of the mark as JSON, each with a comma before it */
  link (source: LogRecord, { own, target }: LinkParts, more: string): NewRecord {
    const room = FRAME + this.#begin.length + own.length + target.length + 3 * more.length
    if (this.#at + room > this.#piece.length) {
      this.#piece = new Uint8Array(Math.max(PIECE, room))
      this.#at = 0
    }
    const metadata = this.#at
    this.#copy(this.#begin)
    const position = this.#at
    this.#number(Number(source.position))
    const positionEnd = this.#at
    this.#copy(POSITION_AGAIN)
    for (let i = position; i < positionEnd; i++) this.#piece[this.#at++] = this.#piece[i]!
    this.#copy(own)
    const { id } = source
    writeShort(id, this.#piece, this.#at)
    this.#at += id.length
    this.#piece[this.#at++] = QUOTE
    if (more !== '') this.#copy(Buffer.from(more))
    this.#piece[this.#at++] = BRACE
    const data = this.#at
    this.#number(Number(source.revision))
    this.#copy(target)
    return {
      id: this.#ids.next(),
      type: LINK_TYPE,
      json: false,
      data: this.#piece.subarray(data, this.#at),
      metadata: this.#piece.subarray(metadata, data)
    }
  }

  #copy (bytes: Uint8Array): void {
    const piece = this.#piece
    let at = this.#at
    for (let i = 0; i < bytes.length; i++) piece[at++] = bytes[i]!
    this.#at = at
  }

  #number (value: number): void {
    const piece = this.#piece
    let size = 1
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size++
    let at = this.#at += size
    let rest = value
    do {
      const tens = Math.floor(rest / 10)
      piece[--at] = ZERO + rest - tens * 10
      rest = tens
    } while (rest > 0)
  }
}
