import type { Appended, Log } from './log.js'
import type { LogRecord } from './record.js'

/** What a record costs besides its text and bytes: ids, numbers, framing. It makes positions jump as those on disk do. */
const FRAME_BYTES = 96

/** No record stands at 0, so that "after position 0" leaves none out. */
const FIRST_POSITION = 256n

/** A log that is gone with its process. */
export class MemoryLog implements Log {
  #records: LogRecord[] = []
  #confirmed = 0
  #end = FIRST_POSITION

  get confirmed (): number {
    return this.#confirmed
  }

  get lastPosition (): bigint {
    return this.#records[this.#confirmed - 1]?.position ?? 0n
  }

  append (records: readonly LogRecord[]): Appended {
    const first = this.#records.length
    for (const record of records) {
      record.position = this.#end
      this.#end += BigInt(FRAME_BYTES + record.stream.length + record.type.length + record.data.length + record.metadata.length)
      this.#records.push(record)
    }
    const end = this.#records.length
    return { first, durable: Promise.resolve().then(() => { this.#confirmed = end }) }
  }

  read (ordinals: readonly number[]): Promise<LogRecord[]> {
    return Promise.resolve(ordinals.map((ordinal) => this.#at(ordinal)))
  }

  slice (from: number, to: number): Promise<LogRecord[]> {
    return Promise.resolve(this.#records.slice(from, Math.min(to, this.#confirmed)))
  }

  idAt (ordinal: number): string {
    return this.#at(ordinal).id
  }

  positionAt (ordinal: number): bigint {
    return this.#at(ordinal).position
  }

  ordinalFrom (position: bigint): number {
    let low = 0
    let high = this.#confirmed
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#at(middle).position < position) low = middle + 1
      else high = middle
    }
    return low
  }

  close (): Promise<void> {
    return Promise.resolve()
  }

  #at (ordinal: number): LogRecord {
    const record = this.#records[ordinal]
    if (record === undefined) throw new RangeError(`The log has no record ${ordinal}`)
    return record
  }
}
