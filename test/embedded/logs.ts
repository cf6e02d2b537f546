import { randomUUID } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Test } from 'tap'
import { DiskLog } from '../../lib/embedded/log/disk/disk-log.js'
import type { DiskLogOptions } from '../../lib/embedded/log/disk/disk-log.js'
import { realDisk } from '../../lib/embedded/log/disk/segment.js'
import type { Disk } from '../../lib/embedded/log/disk/segment.js'
import type { LogRecord } from '../../lib/embedded/log/record.js'

export function record (stream: string, revision: number, size = 20): LogRecord {
  return {
    position: 0n,
    stream,
    revision: BigInt(revision),
    id: randomUUID(),
    type: 'Häppened',
    json: true,
    created: 123n,
    data: Buffer.alloc(size, 'd'),
    metadata: Buffer.from('{}')
  }
}

/** A log that is open until it is closed, or the test ends. */
export async function opened (t: Test, folder: string, options: Partial<DiskLogOptions> = {}) {
  const seen: LogRecord[] = []
  const warnings: string[] = []
  const log = await DiskLog.open(folder, {
    visit: found => {
      const record = found.record()
      t.equal(found.buffer.toString('utf8', found.streamFrom, found.streamTo), record.stream)
      seen.push({ ...record, data: Buffer.from(record.data), metadata: Buffer.from(record.metadata) })
    },
    warn: message => { warnings.push(message) },
    ...options
  })
  let closed = false
  const close = async () => {
    if (!closed) await log.close()
    closed = true
  }
  t.teardown(close)
  return { log, seen, warnings, close }
}

export const same = (a: readonly LogRecord[], b: readonly LogRecord[]) =>
  a.length === b.length && a.every((record, at) => JSON.stringify(plain(record)) === JSON.stringify(plain(b[at]!)))
const plain = ({ stream, id, type, json, data, metadata, position, revision, created }: LogRecord) => [
  stream, id, type, json, Buffer.from(data).toString('hex'), Buffer.from(metadata).toString('hex'), String(position), String(revision), String(created)
]

/** A call to a file: does what it would do, or something else. */
export type Intercept = (call: { name: string, path: string, args: readonly unknown[], real: () => Promise<unknown> }) => Promise<unknown>

/** A disk whose calls a test hears of, and may have fail. */
export function diskWith (intercept: Intercept): Disk {
  return {
    async open (path, flags) {
      const file = await realDisk.open(path, flags)
      return new Proxy(file, {
        get (target, key) {
          const member = target[key as keyof FileHandle] as unknown
          if (typeof member !== 'function') return member
          const name = String(key)
          return (...args: unknown[]) => intercept({ name, path, args, real: () => (member as (...args: unknown[]) => Promise<unknown>).apply(target, args) })
        }
      })
    }
  }
}
