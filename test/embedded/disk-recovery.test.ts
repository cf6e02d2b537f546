import t from 'tap'
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { LogRecord } from '../../lib/embedded/log/record.js'
import { diskWith, opened, record, same } from './logs.js'
import { rejection } from './consumer.js'

const HEADER = 64

/** The header of a file of the log. */
function header (number: number, base: number): Buffer {
  const bytes = Buffer.alloc(HEADER)
  bytes.write('UNISTREAM-LOG')
  bytes.writeUInt32LE(1, 16)
  bytes.writeUInt32LE(number, 20)
  bytes.writeBigUInt64LE(BigInt(base), 24)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER - 4)), HEADER - 4)
  return bytes
}

for (const mode of ['write', 'a part of a write', 'sync'] as const) {
  t.test(`a disk that takes a file's header and then fails at the first ${mode}: what is confirmed later is there after a restart`, async (t) => {
    const folder = join(t.testdir(), 'data')
    let failing = false
    const syncs = new Map<string, number>()
    const disk = diskWith(async ({ name, path, args, real }) => {
      if (!failing) return await real()
      if (mode === 'sync' && name === 'datasync') {
        const count = (syncs.get(path) ?? 0) + 1
        syncs.set(path, count)
        // The first sync of a file is that of its header.
        if (path.endsWith('0.log') || count > 1) throw new Error('EIO')
      }
      if (mode !== 'sync' && name === 'write' && args[2] !== HEADER) {
        if (mode === 'a part of a write' && args[1] === 0) {
          const [bytes, from, , at] = args as [Buffer, number, number, number]
          await writePart(path, bytes.subarray(from, from + 50), at)
        }
        throw new Error('ENOSPC')
      }
      return await real()
    })
    const { log, close } = await opened(t, folder, { disk })
    const confirmed = [record('a', 0)]
    await log.append(confirmed).durable
    failing = true
    for (let n = 0; n < 3; n++) t.match(await rejection(log.append([record('a', 1)]).durable), { code: 'UNISTREAM_STORE_LOG_WRITE' })
    failing = false
    for (let n = 1; n < 4; n++) {
      const next = [record('a', n)]
      await log.append(next).durable
      confirmed.push(...next)
    }
    t.ok(same(await log.slice(0, 10), confirmed))
    await close()
    t.same((await readdir(folder)).filter((name) => name.endsWith('.log')).sort(), ['00000000.log', '00000001.log'], 'trials leave no files')
    const again = await opened(t, folder)
    t.ok(same(again.seen, confirmed))
    t.same(again.warnings, [])
    t.ok(same(await again.log.slice(0, 10), confirmed))
  })
}

async function writePart (path: string, bytes: Buffer, at: number): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(bytes, 0, bytes.length, at)
  await file.close()
}

t.test('folders in which such trials left files behind open', async (t) => {
  const dir = t.testdir()
  const folder = join(dir, 'data')
  const first = await opened(t, folder)
  const written = [record('a', 0), record('a', 1), record('a', 2)]
  await first.log.append(written).durable
  await first.close()
  const whole = await readFile(join(folder, '00000000.log'))
  const [, second] = written as [LogRecord, LogRecord]
  const end = whole.length
  // The header alone, or with what was refused behind it; or made at a start, when its header counted as a part of the log.
  for (const [empty, base] of [[header(1, end), end], [Buffer.concat([header(1, end), whole.subarray(HEADER, HEADER + 90)]), end], [header(1, end), end + HEADER]] as const) {
    const copy = join(dir, `${empty.length}-${base}`)
    await mkdir(copy)
    await writeFile(join(copy, '00000000.log'), Buffer.concat([whole, whole.subarray(HEADER, HEADER + 33)]))
    await writeFile(join(copy, '00000001.log'), empty)
    await writeFile(join(copy, '00000002.log'), header(2, base))
    const again = await opened(t, copy)
    t.ok(same(again.seen, written))
    t.same(again.warnings, [])
    await again.log.append([record('b', 0)]).durable
    t.ok(same(await again.log.read([1, 0, 2]), [second, written[0]!, written[2]!]))
    await again.close()
    t.equal((await opened(t, copy)).seen.length, 4)
  }
  const gap = join(dir, 'gap')
  await mkdir(gap)
  await writeFile(join(gap, '00000000.log'), whole)
  await writeFile(join(gap, '00000001.log'), header(1, end))
  await writeFile(join(gap, '00000002.log'), header(2, end + 10))
  t.match(await rejection(opened(t, gap)), { code: 'UNISTREAM_STORE_LOG_DAMAGED' })
})

t.test('a header that was damaged stops the start; one that was never whole is made anew, with a warning', async (t) => {
  const dir = t.testdir()
  const folder = join(dir, 'data')
  const first = await opened(t, folder)
  for (let n = 0; n < 5; n++) await first.log.append([record('a', n)]).durable
  await first.close()
  const path = join(folder, '00000000.log')
  const whole = await readFile(path)
  for (const at of [3, 24, 61]) {
    const damaged = Buffer.from(whole)
    damaged[at]! ^= 1
    await writeFile(path, damaged)
    t.match(await rejection(opened(t, folder)), { code: 'UNISTREAM_STORE_LOG_DAMAGED', path, offset: 0, message: /header.*backup/ })
    t.ok((await readFile(path)).equals(damaged), 'and nothing is changed')
  }
  await writeFile(path, whole)

  for (const [name, torn] of Object.entries({ empty: Buffer.alloc(0), part: whole.subarray(0, 9), zeros: Buffer.alloc(HEADER) })) {
    const copy = join(dir, name)
    await mkdir(copy)
    await writeFile(join(copy, '00000000.log'), whole)
    await writeFile(join(copy, '00000001.log'), torn)
    const again = await opened(t, copy, { segmentBytes: 100 })
    t.equal(again.seen.length, 5)
    t.match(again.warnings, [/00000001\.log.*never/])
    await again.log.append([record('a', 5)]).durable
    await again.close()
    t.equal((await opened(t, copy)).seen.length, 6)
  }
})

t.test('a disk that takes a part of a header at a time', async (t) => {
  const folder = join(t.testdir(), 'data')
  const disk = diskWith(({ name, path, args, real }) => {
    if (name !== 'write') return real()
    const [bytes, from, , at] = args as [Buffer, number, number, number]
    return writePart(path, bytes.subarray(from, from + 10), at).then(() => ({ bytesWritten: Math.min(10, bytes.length - from) }))
  })
  const first = await opened(t, folder, { disk })
  const written = [record('a', 0)]
  await first.log.append(written).durable
  await first.close()
  t.ok(same((await opened(t, folder)).seen, written))
})
