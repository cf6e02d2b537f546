import type { LogRecord } from '../record.js'
import { FRAME_ID, frameSize, writeFrame, type FrameMemory } from './frame.js'
import type { RecordIndex } from './record-index.js'
import type { Segment } from './segment.js'

/** A file that is written to, or will be made when its first append is written. */
export interface Target {
  readonly number: number
  readonly base: number
  segment: Segment | undefined
}

/** Whoever appends after so many bytes begins another batch. */
const FULL = 4 * 1024 * 1024

const FIRST_BYTES = 64 * 1024

/** A larger piece of memory is not kept for the next one. */
const MOST_KEPT = 1024 * 1024

/** Pieces of memory to be used again: one is being written while another is filled. */
export class BatchMemory {
  readonly #kept: FrameMemory[] = []

  take (): FrameMemory {
    return this.#kept.pop() ?? piece(FIRST_BYTES)
  }

  giveBack (memory: FrameMemory): void {
    if (memory.buffer.length <= MOST_KEPT && this.#kept.length < 2) this.#kept.push(memory)
  }
}

/** Appends that are written and synced together, into one file. */
export class Batch {
  readonly target: Target
  /** Settles when that has come about, or cannot. */
  readonly durable: Promise<void>
  resolve!: () => void
  reject!: (error: Error) => void
  /** Position of its first byte. */
  readonly begin: number
  /** Ordinal behind its last record. */
  ordinal = 0
  #memory: FrameMemory
  #length = 0

  constructor (target: Target, begin: number, memory: FrameMemory) {
    this.target = target
    this.begin = begin
    this.#memory = memory
    this.durable = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  /** Position behind its last byte. */
  get end (): number {
    return this.begin + this.#length
  }

  get isFull (): boolean {
    return this.#length >= FULL
  }

  get memory (): FrameMemory {
    return this.#memory
  }

  get bytes (): Buffer {
    return this.#memory.buffer.subarray(0, this.#length)
  }

  /**
   * Takes one append, gives its records their positions, and the index their places.
   * @param size what the records take up
   */
  add (records: readonly LogRecord[], size: number, confirmed: number, index: RecordIndex): void {
    this.#makeRoom(size)
    const last = records.length - 1
    for (let i = 0; i <= last; i++) {
      const record = records[i]!
      const at = this.#length
      record.position = BigInt(this.begin + at)
      this.#length = writeFrame(this.#memory, at, record, i === last, confirmed)
      index.add(this.begin + at, this.#memory.buffer, at + FRAME_ID)
    }
    this.ordinal = index.length
  }

  #makeRoom (size: number): void {
    const { buffer } = this.#memory
    if (this.#length + size <= buffer.length) return
    const larger = piece(Math.max(2 * buffer.length, this.#length + size))
    buffer.copy(larger.buffer, 0, 0, this.#length)
    this.#memory = larger
  }
}

/** What records take up. */
export function sizeOf (records: readonly LogRecord[]): number {
  let size = 0
  for (const record of records) size += frameSize(record)
  return size
}

function piece (length: number): FrameMemory {
  const buffer = Buffer.allocUnsafeSlow(length)
  return { buffer, view: new DataView(buffer.buffer) }
}
