import t from 'tap'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { rejection } from './consumer.js'
import { diskWith, opened, record, same } from './logs.js'
import { PowerDisk } from './power-loss.js'

t.test('what a restart shows survives a power loss, also what was never synced', async (t) => {
  for (const segmentBytes of [1_000_000, 300]) {
    const dir = join(t.testdir(), String(segmentBytes))
    const folder = join(dir, 'data')
    const power = new PowerDisk()
    const first = await opened(t, folder, { disk: power.disk, segmentBytes })
    for (let n = 0; n < 4; n++) await first.log.append([record('a', n)]).durable
    power.failing = true
    t.match(await rejection(first.log.append([record('a', 4)]).durable), { code: 'UNISTREAM_STORE_LOG_WRITE' })
    await first.close()
    power.failing = false
    await asIfKilled(folder)

    const second = await opened(t, folder, { disk: power.disk, segmentBytes })
    const left = join(dir, 'left')
    await mkdir(left)
    await power.leave(left)
    await second.close()
    t.ok(second.seen.length >= 4)
    t.ok(same((await opened(t, left)).seen, second.seen), `${second.seen.length} were shown`)
  }
})

/** What a process leaves that did not end in order. */
async function asIfKilled (folder: string): Promise<void> {
  await rm(join(folder, 'confirmed'), { force: true })
}

t.test('a start writes only what nothing proves to be synced, and the same as it was', async (t) => {
  const folder = join(t.testdir(), 'data')
  const first = await opened(t, folder)
  for (let n = 0; n < 100; n++) await first.log.append([record('a', n, 1_000)]).durable
  await first.close()
  await asIfKilled(folder)
  const before = await readFile(join(folder, '00000000.log'))
  const synced: string[] = []
  let written = 0
  const disk = diskWith(async ({ name, path, args, real }) => {
    if (name === 'write') written += args[2] as number
    if (name === 'datasync' || name === 'sync') synced.push(path)
    return await real()
  })
  const second = await opened(t, folder, { disk })
  t.equal(second.seen.length, 100)
  t.same(synced, [join(folder, '00000000.log'), folder])
  t.ok(written > 1_000 && written < 3_000, `${written} bytes`)
  t.ok((await readFile(join(folder, '00000000.log'))).equals(before))
})

t.test('a start that cannot make it durable is refused', async (t) => {
  const folder = join(t.testdir(), 'data')
  const first = await opened(t, folder)
  await first.log.append([record('a', 0)]).durable
  await first.close()
  await asIfKilled(folder)
  for (const call of ['write', 'datasync', 'sync']) {
    const disk = diskWith(async ({ name, real }) => {
      if (name === call) throw new Error('EIO')
      return await real()
    })
    t.match(await rejection(opened(t, folder, { disk })), { code: 'UNISTREAM_STORE_LOG_FOLDER', message: /EIO/ })
  }
  t.equal((await opened(t, folder)).seen.length, 1)
})

t.test('folders that a start makes are synced into those above them', async (t) => {
  const dir = t.testdir()
  const synced: string[] = []
  const disk = diskWith(async ({ name, path, real }) => {
    if (name === 'sync') synced.push(path)
    return await real()
  })
  await opened(t, join(dir, 'one', 'two', 'data'), { disk })
  for (const above of [dir, join(dir, 'one'), join(dir, 'one', 'two')]) t.ok(synced.includes(above), above)
  t.notOk(synced.includes(dirname(dir)))
})
