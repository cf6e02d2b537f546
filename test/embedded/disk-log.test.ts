import t from 'tap'
import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DiskLog } from '../../lib/embedded/log/disk/disk-log.js'
import type { LogRecord } from '../../lib/embedded/log/record.js'
import { diskWith, opened, record, same } from './logs.js'

t.test('what was confirmed is there after a restart, in order, over many files', async t => {
  const folder = join(t.testdir(), 'data')
  const first = await opened(t, folder, { segmentBytes: 2_000 })
  const written: LogRecord[] = []
  const durable: Promise<void>[] = []
  for (let n = 0; n < 100; n++) {
    const records = Array.from({ length: n % 3 + 1 }, (_, at) => record(`s${n % 7}`, n * 3 + at, n))
    durable.push(first.log.append(records).durable)
    written.push(...records)
    if (n % 10 === 0) await durable.at(-1)
  }
  await Promise.all(durable)
  t.equal(first.log.confirmed, written.length)
  t.ok((await readdir(folder)).length > 5, 'many files')
  const check = async (log: DiskLog) => {
    t.ok(same(await log.slice(0, 1e9), written))
    const odd = written.map((_, at) => at).filter(at => at % 2 === 1)
    t.ok(same(await log.read(odd), odd.map(at => written[at]!)))
    t.ok(same(await log.read([5, 4, 3, 9, 10, 0]), [5, 4, 3, 9, 10, 0].map(at => written[at]!)))
    t.ok(written.every((record, at) => log.idAt(at) === record.id && log.positionAt(at) === record.position))
    t.ok(written.every((record, at) => log.ordinalFrom(record.position) === at && log.ordinalFrom(record.position - 1n) === at))
    t.ok(written.every(({ position }, at) => at === 0 || position > written[at - 1]!.position))
  }
  await check(first.log)
  await first.close()
  const second = await opened(t, folder, { segmentBytes: 2_000 })
  t.ok(same(second.seen, written))
  t.same(second.warnings, [])
  await check(second.log)
  const more = record('s1', 1000)
  await second.log.append([more]).durable
  t.ok(same(await second.log.read([written.length]), [more]))
})

t.test('a log whose last append is torn anywhere holds all that was confirmed before, and nothing of a part', async t => {
  const dir = t.testdir()
  const folder = join(dir, 'data')
  const { log, close } = await opened(t, folder)
  const before = [record('a', 0), record('b', 0)]
  await log.append(before).durable
  const file = join(folder, '00000000.log')
  const whole = (await stat(file)).size
  await log.append([record('a', 1), record('a', 2)]).durable
  const end = (await stat(file)).size
  await close()
  const bytes = await readFile(file)
  for (let torn = whole; torn < end; torn += 7) {
    const copy = join(dir, `torn${torn}`)
    await mkdir(copy)
    const damaged = Buffer.from(bytes)
    damaged[torn]! ^= 0xff
    await writeFile(join(copy, '00000000.log'), damaged)
    const again = await opened(t, copy)
    if (!same(again.seen, before)) t.fail(`torn at ${torn}`)
    await again.close()
  }
})

t.test('damage to what was confirmed stops the start, and says where', async t => {
  const dir = t.testdir()
  const folder = join(dir, 'data')
  const { log, close } = await opened(t, folder, { segmentBytes: 3_000 })
  for (let n = 0; n < 60; n++) await log.append([record('a', n)]).durable
  await close()
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort()
  const damage = async (name: string, change: (path: string) => Promise<unknown>) => {
    const copy = join(dir, randomUUID())
    await mkdir(copy)
    for (const name of names) await copyFile(join(folder, name), join(copy, name))
    await change(join(copy, name))
    return await DiskLog.open(copy, { visit: () => {} }).then(() => undefined, (error: Error) => error)
  }
  const flip = (at: number) => async (path: string) => {
    const bytes = await readFile(path)
    bytes[at]! ^= 1
    await writeFile(path, bytes)
  }
  t.match(await damage(names[0]!, flip(100)), { code: 'UNISTREAM_STORE_LOG_DAMAGED', path: /00000000\.log$/, offset: 64, message: /backup/ })
  t.match(await damage(names.at(-1)!, flip(70)), { code: 'UNISTREAM_STORE_LOG_DAMAGED', path: new RegExp(names.at(-1)!), offset: 64 })
  t.match(await damage(names[1]!, path => truncate(path, 500)), { code: 'UNISTREAM_STORE_LOG_DAMAGED' })
  t.match(await damage(names[1]!, flip(20)), { code: 'UNISTREAM_STORE_LOG_DAMAGED' }, 'in the header')
  t.match(await damage(names[1]!, async path => {
    const bytes = await readFile(path)
    bytes.writeUInt32LE(7, 16)
    await writeFile(path, bytes)
  }), { code: 'UNISTREAM_STORE_LOG_VERSION', message: /format 7/ })
  t.match(await damage(names[1]!, async path => { await import('node:fs/promises').then(({ rm }) => rm(path)) }), { code: 'UNISTREAM_STORE_LOG_DAMAGED', message: /missing/ })
})

t.test('one writer at a time', async t => {
  const folder = join(t.testdir(), 'data')
  const { close } = await opened(t, folder)
  await t.rejects(DiskLog.open(folder, { visit: () => {} }), { code: 'UNISTREAM_STORE_LOG_LOCKED' })
  await close()
  await (await opened(t, folder)).close()
})

t.test('after a failed write or sync nothing of it is confirmed, reads go on, and writing resumes', async t => {
  for (const call of ['write', 'datasync'] as const) {
    const folder = join(t.testdir(), call)
    let failing = false
    const disk = diskWith(({ name, real }) => {
      if (name === call && failing) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return real()
    })
    const { log, close } = await opened(t, folder, { disk })
    const kept = [record('a', 0)]
    await log.append(kept).durable
    failing = true
    const lost = [log.append([record('a', 1)]).durable, log.append([record('a', 2)]).durable]
    for (const durable of lost) await t.rejects(durable, { code: 'UNISTREAM_STORE_LOG_WRITE', message: /no space left/ })
    await t.rejects(log.append([record('a', 1)]).durable)
    t.equal(log.confirmed, 1)
    t.ok(same(await log.slice(0, 10), kept), 'reads go on')
    failing = false
    const later = [record('a', 1, 5), record('a', 2, 7)]
    t.equal(log.append(later).first, 1, 'ordinals are given out anew')
    await log.append([record('b', 0)]).durable
    await close()
    const again = await opened(t, folder)
    t.ok(same(again.seen.slice(0, 3), [...kept, ...later]))
    t.equal(again.seen.length, 4)
    await again.close()
  }
})

t.test('appends that fill a file while it is being made begin another one', async t => {
  const folder = join(t.testdir(), 'data')
  const first = await opened(t, folder, { segmentBytes: 2_000 })
  const written = Array.from({ length: 6 }, (_, at) => record('a', at, 1_500))
  await Promise.all(written.slice(0, 3).map((one) => first.log.append([one]).durable))
  const late = first.log.append([written[3]!]).durable
  // Between being asked for and being made the file is in nobody's list.
  await Promise.resolve().then(() => Promise.resolve())
  await Promise.all([late, ...written.slice(4).map((one) => first.log.append([one]).durable)])
  t.ok(same(await first.log.slice(0, 10), written))
  await first.close()
  t.ok(same((await opened(t, folder, { segmentBytes: 2_000 })).seen, written))
  t.same((await readdir(folder)).filter((name) => name.endsWith('.log')).sort(), Array.from({ length: 6 }, (_, at) => `0000000${at}.log`))
})

t.test('a file whose header was never whole is made anew', async t => {
  const folder = join(t.testdir(), 'data')
  const first = await opened(t, folder)
  await first.log.append([record('a', 0)]).durable
  await first.close()
  const torn = await open(join(folder, '00000001.log'), 'w')
  await torn.write('UNISTREAM')
  await torn.close()
  const second = await opened(t, folder, { segmentBytes: 100 })
  t.equal(second.seen.length, 1)
  await second.log.append([record('a', 1)]).durable
  await second.close()
  t.equal((await opened(t, folder)).seen.length, 2)
})
