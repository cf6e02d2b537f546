import { rm } from 'node:fs/promises'
import { LogFolderError } from './errors.js'
import { KEPT_BYTES, KEPT_FILES, keepCut } from './kept-cut.js'
import type { RecordIndex } from './record-index.js'
import { HEADER, readWhole, syncFolder, writeWhole } from './segment.js'
import type { Disk, Segment } from './segment.js'

/** So many bytes are written again at a time. */
const PIECE = 4 * 1024 * 1024

/** What was read, before anything is changed. */
export interface Read {
  readonly segments: readonly Segment[]
  readonly index: RecordIndex
  /** Position behind the last record. */
  readonly end: number
  /** Position up to which everything is known to be synced. */
  readonly proven: number
  /** What cannot be read at the end of the last file. */
  readonly cut?: { readonly segment: Segment, readonly offset: number, readonly bytes: number }
}

export interface MendOptions {
  readonly disk: Disk
  /** Gets what somebody who runs the store should know. */
  readonly warn: (message: string) => void
}

/**
 * Makes a data folder fit to be written to, once all of it was read.
 * @param torn path of a file whose header was never written whole
 * @returns whether the last file has an end that has to stay there
 */
export async function mend (folder: string, read: Read, torn: string | undefined, { disk, warn }: MendOptions): Promise<boolean> {
  try {
    if (torn !== undefined) {
      await rm(torn)
      warn(`${torn} held nothing, its header was never written whole: it is removed`)
    }
    const isLastFull = read.cut !== undefined && !await cutOff(folder, read.cut, disk, warn)
    await writeAgain(read)
    await syncFolder(disk, folder)
    return isLastFull
  } catch (error) {
    throw new LogFolderError(folder, error)
  }
}

/** Returns whether the end of the file was cut off: not where it could not be kept elsewhere, as on a full disk. */
async function cutOff (folder: string, { segment, offset, bytes }: NonNullable<Read['cut']>, disk: Disk, warn: (message: string) => void): Promise<boolean> {
  const { file, path } = segment
  const what = `The last ${bytes} bytes of ${path}, from byte ${offset}, cannot be read, and nothing proves that they were confirmed`
  let copy: string
  try {
    copy = await keepCut(disk, folder, segment, offset, bytes)
  } catch (error) {
    warn(`${what}: they stay there, and the log goes on in another file, as no copy can be made (${(error as Error).message})`)
    return false
  }
  await file.truncate(offset)
  await file.datasync()
  warn(`${what}: they are cut off, and kept in ${copy} (of such files the last ${KEPT_FILES}, of each the first ${KEPT_BYTES / 1024 / 1024} MiB)`)
  return true
}

/**
 * Makes what was accepted without a proof that it is synced survive a power loss, before anybody is shown it. A sync alone would not:
 * after one that failed the system may hold what was lost for written. So it gets the same bytes anew, which takes no room.
 */
async function writeAgain ({ segments, proven, end }: Read): Promise<void> {
  for (const [at, { base, file }] of segments.entries()) {
    const to = (segments[at + 1]?.base ?? Math.max(end, base + HEADER)) - base
    const from = proven <= base ? 0 : proven - base
    if (from >= to) continue
    for (let piece = from; piece < to; piece += PIECE) {
      await writeWhole(file, await readWhole(file, piece, Math.min(PIECE, to - piece)), piece)
    }
    await file.datasync()
  }
}
