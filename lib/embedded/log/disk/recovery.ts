import type { StoredRecord } from '../log.js'
import { LogDamagedError } from './errors.js'
import { FrameScanner } from './frame.js'
import { readMark } from './mark.js'
import { mend } from './mend.js'
import type { MendOptions, Read } from './mend.js'
import { RecordIndex } from './record-index.js'
import { HEADER, openSegment, readWhole, segmentNumbers, segmentPath } from './segment.js'
import type { Disk, Segment } from './segment.js'

/** What a data folder holds. */
export interface Recovered {
  readonly segments: Segment[]
  readonly index: RecordIndex
  /** Position behind the last record. */
  readonly end: number
  /** Whether nothing may be written to the last file any more. */
  readonly isLastFull: boolean
}

export interface RecoveryOptions extends MendOptions {
  /** Gets each record in the order of the log. It is only good until this returns. */
  readonly visit: (found: StoredRecord, ordinal: number) => void
  /** Told now and then how far it is. */
  readonly progress: (done: number, total: number) => void
}

/**
 * Reads a data folder from its beginning. What cannot be read at its end is cut off, if nothing proves that it was confirmed: it
 * may be an append that was not written whole. Anything else was confirmed once: then this throws a LogDamagedError, and changes
 * nothing.
 */
export async function recover (folder: string, options: RecoveryOptions): Promise<Recovered> {
  const segments: Segment[] = []
  try {
    const torn = await openAll(folder, options.disk, segments)
    const mark = await readMark(options.disk, folder, options.warn)
    const read = await readAll(segments, mark, options)
    if (read.end < mark) throw missing(folder, read)
    const isLastFull = await mend(folder, read, torn, options)
    return { segments, index: read.index, end: read.end, isLastFull }
  } catch (error) {
    await Promise.all(segments.map(({ file }) => file.close()))
    throw error
  }
}

/** Opens all files, and returns the path of the last one if it was never written whole. */
async function openAll (folder: string, disk: Disk, segments: Segment[]): Promise<string | undefined> {
  const numbers = await segmentNumbers(folder)
  for (const [index, number] of numbers.entries()) {
    const path = segmentPath(folder, number)
    if (number !== index) throw new LogDamagedError(segmentPath(folder, index), 0, 'the file is missing')
    const segment = await openSegment(disk, folder, number)
    if (segment !== undefined) segments.push(segment)
    else if (index === numbers.length - 1) return path
    else throw new LogDamagedError(path, 0, 'the file has no sound header')
  }
  return undefined
}

/** The log ends before where it was closed in order. */
function missing (folder: string, { segments, end }: Read): LogDamagedError {
  const last = segments.at(-1)
  if (last === undefined) return new LogDamagedError(segmentPath(folder, 0), 0, 'the file is missing')
  return new LogDamagedError(last.path, Math.max(end - last.base, HEADER), 'what was confirmed from here on cannot be read, or a file behind this one is missing')
}

async function readAll (segments: Segment[], mark: number, { visit, progress }: RecoveryOptions): Promise<Read> {
  const index = new RecordIndex()
  const sizes = await Promise.all(segments.map(async ({ file }) => (await file.stat()).size))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let done = 0
  let end = 0
  let proven = mark
  let cut: Read['cut']
  for (const [at, segment] of segments.entries()) {
    const next = segments[at + 1]
    const size = sizes[at]!
    if (segment.base !== end && at > 0) throw new LogDamagedError(segment.path, 24, 'the file does not begin where the one before it ends')
    const length = next === undefined ? size : next.base - segment.base
    done += size
    // The first write to this file failed, and the next one took its place.
    if (length === 0) continue
    if (next !== undefined && length < HEADER) throw new LogDamagedError(next.path, 24, 'the file begins before the one before it')
    if (length > size) throw new LogDamagedError(segment.path, size, 'the file is too short')
    const bytes = await readWhole(segment.file, 0, length)
    const found = readSegment(new FrameScanner(bytes, segment.base), index, visit)
    const { sound } = found
    proven = Math.max(proven, found.proven)
    if (sound < length) {
      if (next !== undefined || mark > segment.base + sound || provesDamage(bytes, segment.base, sound)) {
        throw new LogDamagedError(segment.path, sound, 'what was confirmed here cannot be read')
      }
      cut = { segment, offset: sound, bytes: length - sound }
    }
    // A file that holds nothing is no part of the log: its place can be taken by another.
    end = sound === HEADER && next === undefined ? segment.base : segment.base + sound
    progress(done, total)
  }
  return { segments, index, end, proven, ...(cut !== undefined && { cut }) }
}

/** Takes up all whole appends, and returns where the last of them ends in the file, and up to where they prove that all was synced. */
function readSegment (frame: FrameScanner, index: RecordIndex, visit: RecoveryOptions['visit']): { sound: number, proven: number } {
  const take = (): void => {
    visit(frame, index.length)
    index.add(frame.position, frame.buffer, frame.idFrom)
  }
  let sound = HEADER
  let at = HEADER
  let proven = 0
  while (frame.moveTo(at)) {
    at += frame.size
    if (!frame.last) continue
    proven = frame.confirmed
    // Most appends are one record. Of others nothing is taken before all of it was found.
    const single = sound + frame.size === at
    for (let first = sound; first < at; first += frame.size) {
      if (!single) frame.returnTo(first)
      take()
    }
    sound = at
  }
  return { sound, proven }
}

/**
 * Whether what stands behind an unreadable place shows that it was confirmed once. A write that was torn leaves none such, in
 * whatever order its parts reached the disk.
 */
function provesDamage (bytes: Buffer, base: number, from: number): boolean {
  const frame = new FrameScanner(bytes, base)
  for (let at = from; at < bytes.length; at++) {
    if (!frame.moveTo(at)) continue
    if (frame.confirmed > base + from) return true
    at += frame.size - 1
  }
  return false
}
