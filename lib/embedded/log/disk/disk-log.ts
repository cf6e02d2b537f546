import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Appended, Log, StoredRecord } from '../log.js'
import type { LogRecord } from '../record.js'
import { Batch, BatchMemory, sizeOf, type Target } from './batch.js'
import { LogDamagedError, LogFolderError, LogWriteError } from './errors.js'
import { FrameScanner } from './frame.js'
import { lockFolder } from './lock.js'
import { writeMark } from './mark.js'
import { RecordIndex } from './record-index.js'
import { recover } from './recovery.js'
import type { Recovered } from './recovery.js'
import { createSegment, HEADER, readWhole, realDisk, syncFolder, writeWhole } from './segment.js'
import type { Disk, Segment } from './segment.js'

export interface DiskLogOptions {
  /** Gets each record that stands in the log, in order. It is only good until this returns. */
  readonly visit: (found: StoredRecord, ordinal: number) => void
  /** Bytes read and to read. */
  readonly progress?: (done: number, total: number) => void
  /** Gets what somebody who runs the store should know. */
  readonly warn?: (message: string) => void
  readonly disk?: Disk
  /** Where a file of the log is full; 64 MiB. */
  readonly segmentBytes?: number
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
  readonly #warn: (message: string) => void
  readonly #unlock: () => Promise<void>
  readonly #segmentBytes: number
  readonly #segments: Segment[]
  readonly #index: RecordIndex
  #confirmed: number
  #confirmedEnd: number
  /** Position behind the last record that was handed over. */
  #end: number
  #target: Target
  readonly #memory = new BatchMemory()
  #waiting: Batch[] = []
  #writing: Promise<void> | undefined

  /**
   * Opens a data folder, which is made where it is missing.
   * @throws LogFolderError, LogLockedError, LogDamagedError or LogVersionError
   */
  static async open (folder: string, options: DiskLogOptions): Promise<DiskLog> {
    try {
      await makeFolder(folder, options.disk ?? realDisk)
      await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (error) {
      throw new LogFolderError(folder, error)
    }
    const unlock = await lockFolder(folder, options.warn ?? (() => {}))
    try {
      const { visit, progress = () => {}, warn = () => {}, disk = realDisk } = options
      const recovered = await recover(folder, { disk, visit, progress, warn })
      return new DiskLog(folder, recovered, unlock, { disk, warn, segmentBytes: options.segmentBytes ?? SEGMENT_BYTES })
    } catch (error) {
      await unlock()
      throw error
    }
  }

  private constructor (
    folder: string,
    { segments, index, end, isLastFull }: Recovered,
    unlock: () => Promise<void>,
    { disk, warn, segmentBytes }: { disk: Disk, warn: (message: string) => void, segmentBytes: number }
  ) {
    this.#folder = folder
    this.#disk = disk
    this.#warn = warn
    this.#unlock = unlock
    this.#segmentBytes = segmentBytes
    this.#segments = segments
    this.#index = index
    this.#confirmed = index.length
    this.#confirmedEnd = end
    this.#end = end
    const last = segments.at(-1)
    this.#target = last === undefined || isLastFull ? this.#another() : { number: last.number, base: last.base, segment: last }
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
    const size = sizeOf(records)
    const used = this.#end - this.#target.base
    if (used > HEADER && used + size > this.#segmentBytes) {
      this.#target = { number: this.#target.number + 1, base: this.#end, segment: undefined }
    }
    if (this.#end === this.#target.base) this.#end += HEADER

    let batch = this.#waiting.at(-1)
    if (batch?.target !== this.#target || batch.isFull) {
      batch = new Batch(this.#target, this.#end, this.#memory.take())
      this.#waiting.push(batch)
    }
    batch.add(records, size, this.#confirmedEnd, this.#index)
    this.#end = batch.end
    this.#writing ??= this.#write()
    return { first, durable: batch.durable }
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
    try {
      if (this.#confirmedEnd > 0) await writeMark(this.#disk, this.#folder, this.#confirmedEnd)
    } catch (error) {
      this.#warn(`Where the log ends could not be written down: the next start cannot tell damage to its last records from a write that was torn (${(error as Error).message})`)
    }
    await Promise.all(this.#segments.map(({ file }) => file.close()))
    await this.#unlock()
  }

  async #write (): Promise<void> {
    for (;;) {
      // All that one turn of the event loop appends is written together, with what was answered a sync ago and has come again.
      await new Promise((resolve) => { setImmediate(resolve) })
      const batch = this.#waiting.shift()
      if (batch === undefined) break
      try {
        await this.#writeTo(batch.target, batch)
      } catch (error) {
        this.#giveUp(batch, error)
        continue
      }
      this.#confirmed = batch.ordinal
      this.#confirmedEnd = batch.end
      batch.resolve()
      this.#memory.giveBack(batch.memory)
    }
    this.#writing = undefined
  }

  async #writeTo (target: Target, { begin, bytes }: Batch): Promise<void> {
    if (target.segment === undefined) {
      // One that was made, and then took nothing, is made anew: a disk that fails for long does not fill with them.
      if (this.#segments.length > target.number) await this.#segments.pop()!.file.close()
      target.segment = await createSegment(this.#disk, this.#folder, target.number, target.base)
      this.#segments.push(target.segment)
    }
    const { file, base } = target.segment
    await writeWhole(file, bytes, begin - base)
    await file.datasync()
  }

  /** Nothing that is not confirmed stands in the log any more. */
  #giveUp (batch: Batch, cause: unknown): void {
    const lost = [batch, ...this.#waiting]
    this.#waiting = []
    this.#index.truncate(this.#confirmed)
    this.#end = this.#confirmedEnd
    this.#target = this.#another()
    const error = new LogWriteError(cause)
    for (const { reject } of lost) reject(error)
  }

  /** A file behind all that is confirmed; it takes the place of one that holds nothing. */
  #another (): Target {
    const last = this.#segments.at(-1)
    const number = last === undefined ? 0 : last.base === this.#end ? last.number : last.number + 1
    return { number, base: this.#end, segment: undefined }
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
      const bytes = await readWhole(segment.file, position - segment.base, stop - position)
      const frame = new FrameScanner(bytes, position)
      for (let at = 0; at < bytes.length; at += frame.size) {
        if (!frame.moveTo(at)) throw new LogDamagedError(segment.path, position + at - segment.base, 'what was confirmed here cannot be read')
        records.push(frame.record())
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

/** Makes a folder that survives a crash, with those above it that are missing. */
async function makeFolder (folder: string, disk: Disk): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made === undefined) return
  for (let above = resolve(folder); above.length >= made.length;) {
    above = dirname(above)
    await syncFolder(disk, above)
  }
}
