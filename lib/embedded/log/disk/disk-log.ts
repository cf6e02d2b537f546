import { mkdir } from 'node:fs/promises'
import type { Appended, Log } from '../log.js'
import type { LogRecord } from '../record.js'
import { LogDamagedError, LogWriteError } from './errors.js'
import { frameSize, readFrame, writeFrame } from './frame.js'
import { lockFolder } from './lock.js'
import { RecordIndex } from './record-index.js'
import { recover } from './recovery.js'
import type { Recovered } from './recovery.js'
import { createSegment, HEADER, realDisk } from './segment.js'
import type { Disk, Segment } from './segment.js'

export interface DiskLogOptions {
  /** Gets each record that stands in the log, in order. Its bytes are only good until it returns. */
  readonly visit: (record: LogRecord, ordinal: number) => void
  /** Bytes read and to read. */
  readonly progress?: (done: number, total: number) => void
  /** Gets what somebody who runs the store should know. */
  readonly warn?: (message: string) => void
  readonly disk?: Disk
  /** Where a file of the log is full; 64 MiB. */
  readonly segmentBytes?: number
}

interface Waiting {
  /** The file that it goes into. */
  readonly target: Target
  readonly bytes: Buffer
  /** Ordinal and position behind it. */
  readonly ordinal: number
  readonly end: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A file that is written to, or will be made when its first append is written. */
interface Target {
  readonly number: number
  readonly base: number
  segment: Segment | undefined
}

const SEGMENT_BYTES = 64 * 1024 * 1024
/** Records that lie next to each other are read together, so many bytes at a time. */
const READ_BYTES = 4 * 1024 * 1024

/**
 * A log in files that are only ever appended to. An append is confirmed once it is synced; all that waits while one sync is
 * under way shares the next.
 *
 * After a write or a sync that failed nobody knows what the system still holds of the file. So the file is left as it is, its
 * end is where it was last confirmed, and the next append begins another file, which says so by its base.
 */
export class DiskLog implements Log {
  readonly #folder: string
  readonly #disk: Disk
  readonly #unlock: () => Promise<void>
  readonly #segmentBytes: number
  readonly #segments: Segment[]
  readonly #index: RecordIndex
  #confirmed: number
  #confirmedEnd: number
  /** Position behind the last record that was handed over. */
  #end: number
  #target: Target
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined

  /**
   * Opens a data folder, which is made where it is missing.
   * @throws LogLockedError, LogDamagedError or LogVersionError
   */
  static async open (folder: string, options: DiskLogOptions): Promise<DiskLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const unlock = await lockFolder(folder)
    try {
      const { visit, progress = () => {}, disk = realDisk } = options
      const recovered = await recover(folder, { disk, visit, progress })
      if (recovered.cut !== undefined) {
        const { path, offset, bytes } = recovered.cut
        options.warn?.(`The last ${bytes} bytes of ${path}, from byte ${offset}, were an append that was never confirmed: they are cut off`)
      }
      return new DiskLog(folder, recovered, unlock, disk, options.segmentBytes ?? SEGMENT_BYTES)
    } catch (error) {
      await unlock()
      throw error
    }
  }

  private constructor (folder: string, { segments, index, end }: Recovered, unlock: () => Promise<void>, disk: Disk, segmentBytes: number) {
    this.#folder = folder
    this.#disk = disk
    this.#unlock = unlock
    this.#segmentBytes = segmentBytes
    this.#segments = segments
    this.#index = index
    this.#confirmed = index.length
    this.#confirmedEnd = end
    this.#end = end
    const last = segments.at(-1)
    this.#target = last === undefined ? this.#nextTarget() : { number: last.number, base: last.base, segment: last }
  }

  get confirmed (): number {
    return this.#confirmed
  }

  get lastPosition (): bigint {
    return this.#confirmed === 0 ? 0n : this.positionAt(this.#confirmed - 1)
  }

  append (records: readonly LogRecord[]): Appended {
    const first = this.#index.length
    if (records.length === 0) return { first, durable: this.#writing ?? Promise.resolve() }
    const sizes = records.map(frameSize)
    const size = sizes.reduce((sum, size) => sum + size, 0)
    const used = this.#end - this.#target.base
    if (used > HEADER && used + size > this.#segmentBytes) this.#target = this.#nextTarget()
    if (this.#end === this.#target.base) this.#end += HEADER

    const bytes = Buffer.allocUnsafeSlow(size)
    let at = 0
    for (const [index, record] of records.entries()) {
      record.position = BigInt(this.#end + at)
      this.#index.add(this.#end + at, record.id)
      at = writeFrame(bytes, at, record, index === records.length - 1, this.#confirmedEnd)
    }
    this.#end += size
    const durable = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ target: this.#target, bytes, ordinal: this.#index.length, end: this.#end, resolve, reject })
    })
    this.#writing ??= this.#write()
    return { first, durable }
  }

  async read (ordinals: readonly number[]): Promise<LogRecord[]> {
    const runs: Promise<LogRecord[]>[] = []
    for (let at = 0; at < ordinals.length;) {
      const from = at++
      const step = ordinals[at] === ordinals[from]! - 1 ? -1 : 1
      while (at < ordinals.length && ordinals[at] === ordinals[at - 1]! + step) at++
      const run = step === 1 ? this.#run(ordinals[from]!, ordinals[at - 1]! + 1) : this.#run(ordinals[at - 1]!, ordinals[from]! + 1)
      runs.push(step === 1 ? run : run.then(records => records.reverse()))
    }
    return (await Promise.all(runs)).flat()
  }

  slice (from: number, to: number): Promise<LogRecord[]> {
    return this.#run(from, Math.min(to, this.#confirmed))
  }

  idAt (ordinal: number): string {
    return this.#index.idAt(ordinal)
  }

  positionAt (ordinal: number): bigint {
    return BigInt(this.#index.positionAt(ordinal))
  }

  ordinalFrom (position: bigint): number {
    return this.#index.search(Number(position), this.#confirmed)
  }

  async close (): Promise<void> {
    await this.#writing
    await Promise.all(this.#segments.map(({ file }) => file.close()))
    await this.#unlock()
  }

  #nextTarget (): Target {
    return { number: (this.#segments.at(-1)?.number ?? -1) + this.#planned() + 1, base: this.#end, segment: undefined }
  }

  /** Files that are not made yet, for which appends wait. */
  #planned (): number {
    return new Set(this.#waiting.filter(({ target }) => target.segment === undefined).map(({ target }) => target)).size
  }

  async #write (): Promise<void> {
    // All that one turn of the event loop appends is written together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const { target } = this.#waiting[0]!
      const other = this.#waiting.findIndex(waiting => waiting.target !== target)
      const batch = other === -1 ? this.#waiting : this.#waiting.slice(0, other)
      this.#waiting = other === -1 ? [] : this.#waiting.slice(other)
      try {
        await this.#writeTo(target, batch)
      } catch (error) {
        this.#giveUp(batch, error)
        continue
      }
      const last = batch.at(-1)!
      this.#confirmed = last.ordinal
      this.#confirmedEnd = last.end
      for (const { resolve } of batch) resolve()
    }
    this.#writing = undefined
  }

  async #writeTo (target: Target, batch: readonly Waiting[]): Promise<void> {
    if (target.segment === undefined) {
      target.segment = await createSegment(this.#disk, this.#folder, target.number, target.base)
      this.#segments.push(target.segment)
    }
    const { file, base } = target.segment
    const bytes = batch.length === 1 ? batch[0]!.bytes : Buffer.concat(batch.map(({ bytes }) => bytes))
    let at = batch.at(-1)!.end - base - bytes.length
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at)
      written += bytesWritten
      at += bytesWritten
    }
    await file.datasync()
  }

  /** Nothing that is not confirmed stands in the log any more. */
  #giveUp (batch: readonly Waiting[], cause: unknown): void {
    const lost = [...batch, ...this.#waiting]
    this.#waiting = []
    this.#index.truncate(this.#confirmed)
    this.#end = this.#confirmedEnd
    this.#target = this.#nextTarget()
    const error = new LogWriteError(cause)
    for (const { reject } of lost) reject(error)
  }

  /** The records of these ordinals, from one up to, without, another. */
  async #run (from: number, to: number): Promise<LogRecord[]> {
    const records: LogRecord[] = []
    while (records.length < to - from) {
      const first = from + records.length
      const position = this.#index.positionAt(first)
      const segment = this.#segmentOf(position)
      const end = this.#endOf(segment)
      let next = first + 1
      let stop = this.#positionBefore(next, end)
      while (next < to && stop < end && stop - position < READ_BYTES) stop = this.#positionBefore(++next, end)
      const bytes = Buffer.allocUnsafeSlow(stop - position)
      await fill(segment, bytes, position - segment.base)
      for (let at = 0; at < bytes.length;) {
        const frame = readFrame(bytes, at, position + at)
        if (frame === undefined) throw new LogDamagedError(segment.path, position + at - segment.base, 'what was confirmed here cannot be read')
        records.push(frame.record)
        at += frame.size
      }
    }
    return records
  }

  /** Where the record before this ordinal ends, in a file that ends there. */
  #positionBefore (ordinal: number, end: number): number {
    return ordinal < this.#confirmed ? Math.min(this.#index.positionAt(ordinal), end) : end
  }

  #endOf (segment: Segment): number {
    return this.#segments[segment.number + 1]?.base ?? this.#confirmedEnd
  }

  #segmentOf (position: number): Segment {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#segments[middle]!.base <= position) low = middle
      else high = middle - 1
    }
    return this.#segments[low]!
  }
}

async function fill ({ file }: Segment, bytes: Buffer, from: number): Promise<void> {
  for (let read = 0; read < bytes.length;) {
    const { bytesRead } = await file.read(bytes, read, bytes.length - read, from + read)
    if (bytesRead === 0) throw new Error('A file of the log ends before a record that was confirmed')
    read += bytesRead
  }
}
