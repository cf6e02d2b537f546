import { execFile } from 'node:child_process'
import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A file system that has only so many bytes. */
export interface SmallDisk {
  readonly folder: string
  /** Whether anybody may write to it. */
  setWritable (writable: boolean): Promise<void>
  remove (): Promise<void>
}

/** @throws where this user, or this system, cannot have one */
export async function smallDisk (bytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'small-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  } catch (error) {
    await rmdir(folder)
    throw error
  }
  return {
    folder,
    async setWritable (writable) {
      await run('mount', ['-o', `remount,${writable ? 'rw' : 'ro'}`, folder])
    },
    async remove () {
      await run('umount', ['--lazy', folder])
      await rmdir(folder)
    }
  }
}

/** Why a test cannot have one here; false when it can. */
export async function noSmallDisk (): Promise<string | false> {
  try {
    await (await smallDisk(4096)).remove()
    return false
  } catch (error) {
    return `a file system that is small cannot be mounted here: ${(error as Error).message.split('\n')[0]}`
  }
}
