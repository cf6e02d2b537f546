import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { LogDamagedError, LogVersionError } from './errors.js'

/*
 * A segment begins with 64 bytes: the magic word, format version u32, number u32, base u64, and the CRC-32 of these at the
 * end. The position of a record is the segment's base and its place in the file. A segment ends where the next one's base
 * says; what stands behind that in the file was never confirmed.
 */

export const HEADER = 64
export const FORMAT_VERSION = 1

const MAGIC = Buffer.from('UNISTREAM-LOG\0\0\0')
const SUM_AT = HEADER - 4
const NAME = /^(\d{8})\.log$/

/** One file of the log. */
export interface Segment {
  readonly number: number
  readonly path: string
  /** Position of the file's first byte. */
  readonly base: number
  readonly file: FileHandle
}

/** What of the file system the log uses; a test can have it fail. */
export interface Disk {
  open (path: string, flags: number): Promise<FileHandle>
}

export const realDisk: Disk = { open: (path, flags) => open(path, flags, 0o600) }

export function segmentPath (folder: string, number: number): string {
  return join(folder, `${String(number).padStart(8, '0')}.log`)
}

/** The numbers of the segments in a folder, upwards. */
export async function segmentNumbers (folder: string): Promise<number[]> {
  const names = await readdir(folder)
  return names.flatMap(name => {
    const number = NAME.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  }).sort((a, b) => a - b)
}

/** Makes a segment that survives a crash from its first byte on. */
export async function createSegment (disk: Disk, folder: string, number: number, base: number): Promise<Segment> {
  const path = segmentPath(folder, number)
  const file = await disk.open(path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC)
  try {
    await writeWhole(file, header(number, base), 0)
    await file.datasync()
    await syncFolder(disk, folder)
  } catch (error) {
    await file.close()
    throw error
  }
  return { number, path, base, file }
}

/**
 * Opens a segment; undefined where its header was never written whole. The header is synced before anything is written behind it: an
 * unsound one of a longer file was sound once.
 */
export async function openSegment (disk: Disk, folder: string, number: number): Promise<Segment | undefined> {
  const path = segmentPath(folder, number)
  const file = await disk.open(path, constants.O_RDWR)
  try {
    const { size } = await file.stat()
    const base = size < HEADER ? undefined : readHeader(await readWhole(file, 0, HEADER), path, number)
    if (base !== undefined) return { number, path, base, file }
    if (size > HEADER) throw new LogDamagedError(path, 0, 'the header of the file cannot be read')
  } catch (error) {
    await file.close()
    throw error
  }
  await file.close()
  return undefined
}

/** Makes the folder's entries survive a crash. */
export async function syncFolder (disk: Disk, folder: string): Promise<void> {
  const handle = await disk.open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes all of the bytes, or throws. */
export async function writeWhole (file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written)
    written += bytesWritten
  }
}

/** Reads as many bytes as are asked for, or throws. */
export async function readWhole (file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length)
  for (let read = 0; read < length;) {
    const { bytesRead } = await file.read(bytes, read, length - read, at + read)
    if (bytesRead === 0) throw new Error('A file of the log became shorter than what was to be read of it')
    read += bytesRead
  }
  return bytes
}

function header (number: number, base: number): Buffer {
  const bytes = Buffer.alloc(HEADER)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(FORMAT_VERSION, 16)
  bytes.writeUInt32LE(number, 20)
  bytes.writeBigUInt64LE(BigInt(base), 24)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SUM_AT)), SUM_AT)
  return bytes
}

function readHeader (bytes: Buffer, path: string, number: number): number | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const version = bytes.readUInt32LE(16)
  if (version > FORMAT_VERSION) throw new LogVersionError(path, version, FORMAT_VERSION)
  if (crc32(bytes.subarray(0, SUM_AT)) !== bytes.readUInt32LE(SUM_AT)) return undefined
  if (bytes.readUInt32LE(20) !== number) throw new LogDamagedError(path, 20, 'the file bears another segment\'s name')
  return Number(bytes.readBigUInt64LE(24))
}
