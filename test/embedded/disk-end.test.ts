import t, { type Test } from 'tap'
import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rejection } from './consumer.js'
import { diskWith, opened, record, same } from './logs.js'

const DAMAGED = { code: 'UNISTREAM_STORE_LOG_DAMAGED' }

/** A folder of 20 appends in many files, closed in order, of which a test changes copies. */
async function closed (t: Test, segmentBytes: number) {
  const dir = t.testdir()
  const folder = join(dir, 'data')
  const log = await opened(t, folder, { segmentBytes })
  for (let n = 0; n < 20; n++) await log.log.append([record('a', n)]).durable
  await log.close()
  const files = (await readdir(folder)).filter((name) => name.endsWith('.log')).sort()
  let copies = 0
  const copy = async (): Promise<string> => {
    const copy = join(dir, `copy${copies++}`)
    await cp(folder, copy, { recursive: true })
    return copy
  }
  return { copy, last: files.at(-1)!, files }
}

async function flip (path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  await writeFile(path, bytes)
}

t.test('after an orderly close damage to the last records, and their loss, is told from a torn write', async (t) => {
  const { copy, last, files } = await closed(t, 1_000)
  const { length: size } = await readFile(join(await copy(), last))
  for (const at of [-1, -100, 70, size - 1]) {
    const folder = await copy()
    await flip(join(folder, last), at)
    const before = await readFile(join(folder, last))
    t.match(await rejection(opened(t, folder)), { ...DAMAGED, path: join(folder, last) })
    t.ok((await readFile(join(folder, last))).equals(before))
  }
  for (const length of [0, 10, 64, 100, size - 1]) {
    const folder = await copy()
    await truncate(join(folder, last), length)
    t.match(await rejection(opened(t, folder)), DAMAGED, `cut to ${length}`)
    t.equal((await stat(join(folder, last))).size, length, 'and nothing is changed')
  }
  const shorter = await copy()
  await rm(join(shorter, last))
  t.match(await rejection(opened(t, shorter)), { ...DAMAGED, path: join(shorter, files.at(-2)!), message: /missing/ })
  const gone = await copy()
  for (const name of files) await rm(join(gone, name))
  t.match(await rejection(opened(t, gone)), { ...DAMAGED, path: join(gone, '00000000.log'), message: /missing/ })
})

t.test('the word of an earlier close stays true', async (t) => {
  const { copy, last } = await closed(t, 1_000_000)
  const folder = await copy()
  const mark = await readFile(join(folder, 'confirmed'))
  const { size } = await stat(join(folder, last))
  const second = await opened(t, folder)
  await second.log.append([record('b', 0)]).durable
  await second.close()
  // As a kill leaves it.
  await writeFile(join(folder, 'confirmed'), mark)
  await truncate(join(folder, last), size + 20)
  const third = await opened(t, folder)
  t.equal(third.seen.length, 20)
  t.match(third.warnings, [/nothing proves/])
  await third.close()
  await truncate(join(folder, last), size - 1)
  t.match(await rejection(opened(t, folder)), DAMAGED)
})

t.test('a word that cannot be read is reported, one of a newer version is refused', async (t) => {
  const { copy } = await closed(t, 1_000_000)
  for (const change of [(path: string) => flip(path, 26), (path: string) => flip(path, 2), (path: string) => truncate(path, 10)]) {
    const folder = await copy()
    await change(join(folder, 'confirmed'))
    const again = await opened(t, folder)
    t.equal(again.seen.length, 20)
    t.match(again.warnings, [/confirmed cannot be read/])
    await again.close()
    t.same((await opened(t, folder)).warnings, [], 'the next close gives another')
  }
  const folder = await copy()
  const mark = await readFile(join(folder, 'confirmed'))
  mark.writeUInt32LE(2, 16)
  await writeFile(join(folder, 'confirmed'), mark)
  t.match(await rejection(opened(t, folder)), { code: 'UNISTREAM_STORE_LOG_VERSION' })
})

t.test('a disk that takes no word of the end: the close says so, and the log is whole', async (t) => {
  const folder = join(t.testdir(), 'data')
  const disk = diskWith(async ({ name, path, real }) => {
    if (name === 'write' && path.endsWith('.new')) throw new Error('ENOSPC')
    return await real()
  })
  const first = await opened(t, folder, { disk })
  await first.log.append([record('a', 0)]).durable
  await first.close()
  t.match(first.warnings, [/could not be written down.*ENOSPC/])
  t.equal((await opened(t, folder)).seen.length, 1)
})

t.test('what is cut off is kept, and of that not too much', async (t) => {
  const { copy, last } = await closed(t, 1_000_000)
  const folder = await copy()
  const path = join(folder, last)
  const { size } = await stat(path)
  await rm(join(folder, 'confirmed'))
  await flip(path, -1)
  const torn = await readFile(path)
  const again = await opened(t, folder)
  t.equal(again.seen.length, 19)
  const offset = (await stat(path)).size
  t.match(again.warnings, [`${path}.cut-${offset}`])
  t.match(again.warnings, [new RegExp(`The last ${size - offset} bytes of .*${last}, from byte ${offset}, cannot be read, and nothing proves that they were confirmed`)])
  t.ok((await readFile(`${path}.cut-${offset}`)).equals(torn.subarray(offset)))
  await again.close()

  for (let n = 0; n < 12; n++) {
    await writeFile(path, Buffer.alloc(n + 1, 1), { flag: 'a' })
    await (await opened(t, folder)).close()
  }
  const kept = (await readdir(folder)).filter((name) => name.includes('.cut-'))
  t.equal(kept.length, 8)
  t.same((await Promise.all(kept.map(async (name) => (await stat(join(folder, name))).size))).sort((a, b) => a - b), [5, 6, 7, 8, 9, 10, 11, 12])

  await writeFile(path, Buffer.alloc(17 * 1024 * 1024, 1), { flag: 'a' })
  await (await opened(t, folder)).close()
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size))
  t.equal(Math.max(...sizes), 16 * 1024 * 1024)
})

t.test('what cannot be kept elsewhere stays where it is', async (t) => {
  const { copy, last } = await closed(t, 1_000_000)
  const folder = await copy()
  const path = join(folder, last)
  const whole = await readFile(path)
  const torn = Buffer.concat([whole, Buffer.alloc(30, 1)])
  await writeFile(path, torn)
  const disk = diskWith(async ({ name, path, real }) => {
    if (name === 'write' && path.includes('.cut-')) throw new Error('ENOSPC')
    return await real()
  })
  for (let start = 0; start < 2; start++) {
    const again = await opened(t, folder, { disk })
    t.match(again.warnings, [/stay there.*ENOSPC/])
    t.ok((await readFile(path)).equals(torn))
    if (start === 1) await again.log.append([record('b', 0)]).durable
    await again.close()
  }
  t.ok((await readFile(path)).equals(torn))
  const last2 = await opened(t, folder)
  t.equal(last2.seen.length, 21)
  t.same(last2.warnings, [])
  t.same((await readdir(folder)).filter((name) => name.includes('.cut-')), [])
})

t.test('a log that is cut at any byte of its last appends holds all that was confirmed before, and nothing of a part', async (t) => {
  const dir = t.testdir()
  const folder = join(dir, 'data')
  const { log, close } = await opened(t, folder)
  const file = join(folder, '00000000.log')
  const appends = [2, 1, 3, 1, 2].map((count, append) => Array.from({ length: count }, (_, at) => record(`s${append}`, at, append === 1 ? 0 : 40 * at + append)))
  const ends: number[] = []
  for (const records of appends) {
    await log.append(records).durable
    ends.push((await stat(file)).size)
  }
  await close()
  const bytes = await readFile(file)
  const unsynced = diskWith(async ({ name, real }) => name === 'datasync' || name === 'sync' ? undefined : await real())
  const copy = join(dir, 'copy')
  for (let cut = ends[0]!; cut < bytes.length; cut++) {
    await mkdir(copy)
    await writeFile(join(copy, '00000000.log'), bytes.subarray(0, cut))
    const kept = appends.filter((_, at) => ends[at]! <= cut).flat()
    const begin = ends.findLast((end) => end <= cut)!
    const again = await opened(t, copy, { disk: unsynced })
    if (!same(again.seen, kept) || (cut > begin) !== (again.warnings.length === 1)) t.fail(`cut at ${cut}`)
    // What is written after the cut does not depend on the byte.
    if (cut % 10 === 0) {
      await again.log.append([record('c', 0)]).durable
      await again.close()
      const third = await opened(t, copy, { disk: unsynced })
      if (third.seen.length !== kept.length + 1) t.fail(`after a cut at ${cut}`)
      await third.close()
    }
    await again.close()
    await rm(copy, { recursive: true })
  }
  t.ok(bytes.length > 900, `${bytes.length} bytes`)
})
