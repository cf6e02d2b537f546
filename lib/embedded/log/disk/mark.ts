import { constants } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { LogVersionError } from './errors.js'
import { FORMAT_VERSION, readWhole, syncFolder, writeWhole, type Disk } from './segment.js'

/*
 * A log that is closed in order leaves word of where it ends: records prove what is before them, and nothing comes after the last
 * ones. The file `confirmed` has 64 bytes: the magic word, format version u32, reserved u32, end u64, and the CRC-32 of these at
 * the end. It stays true when the log has grown, so nobody has to remove it.
 */

const NAME = 'confirmed'
const SIZE = 64
const MAGIC = Buffer.from('UNISTREAM-END\0\0\0')
const SUM_AT = SIZE - 4

/** The position up to which the log was confirmed when it was last closed in order; 0 when it never was. */
export async function readMark (disk: Disk, folder: string, warn: (message: string) => void): Promise<number> {
  const path = join(folder, NAME)
  let bytes: Buffer
  try {
    const file = await disk.open(path, constants.O_RDONLY)
    try {
      bytes = await readWhole(file, 0, Math.min((await file.stat()).size, SIZE))
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
  if (bytes.length === SIZE && bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    const version = bytes.readUInt32LE(16)
    if (version > FORMAT_VERSION) throw new LogVersionError(path, version, FORMAT_VERSION)
    if (crc32(bytes.subarray(0, SUM_AT)) === bytes.readUInt32LE(SUM_AT)) return Number(bytes.readBigUInt64LE(24))
  }
  warn(`${path} cannot be read: whether the log ends where it was closed is not known`)
  return 0
}

/** Leaves word that everything before a position is confirmed, in place of what was said before. */
export async function writeMark (disk: Disk, folder: string, end: number): Promise<void> {
  const bytes = Buffer.alloc(SIZE)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(FORMAT_VERSION, 16)
  bytes.writeBigUInt64LE(BigInt(end), 24)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SUM_AT)), SUM_AT)
  const path = join(folder, NAME)
  const file = await disk.open(`${path}.new`, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC)
  try {
    await writeWhole(file, bytes, 0)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(disk, folder)
}
