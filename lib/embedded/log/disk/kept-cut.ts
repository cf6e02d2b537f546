import { constants } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readWhole, syncFolder, writeWhole, type Disk, type Segment } from './segment.js'

/** So many files of what was cut off are kept, of so many bytes each. */
export const KEPT_FILES = 8
export const KEPT_BYTES = 16 * 1024 * 1024

const PIECE = 4 * 1024 * 1024
const NAME = /^\d{8}\.log\.cut-\d+(-\d+)?$/

/** Copies what is to be cut off from a file of the log into one beside it, and returns its path. The oldest ones make room. */
export async function keepCut (disk: Disk, folder: string, { file, path }: Segment, offset: number, bytes: number): Promise<string> {
  const kept = (await readdir(folder)).filter((name) => NAME.test(name)).map((name) => join(folder, name))
  const aged = await Promise.all(kept.map(async (path) => ({ path, made: (await stat(path)).mtimeMs })))
  aged.sort((a, b) => a.made - b.made)
  let target = `${path}.cut-${offset}`
  for (let again = 2; kept.includes(target); again++) target = `${path}.cut-${offset}-${again}`
  const copy = await disk.open(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
  try {
    const length = Math.min(bytes, KEPT_BYTES)
    for (let at = 0; at < length; at += PIECE) {
      await writeWhole(copy, await readWhole(file, offset + at, Math.min(PIECE, length - at)), at)
    }
    await copy.datasync()
  } catch (error) {
    await rm(target)
    throw error
  } finally {
    await copy.close()
  }
  for (const { path } of aged.slice(0, Math.max(0, aged.length + 1 - KEPT_FILES))) await rm(path)
  await syncFolder(disk, folder)
  return target
}
