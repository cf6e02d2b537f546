import t from 'tap'
import { randomUUID } from 'node:crypto'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { binaryEvent, DeadlineExceededError, KurrentDBClient, persistentSubscriptionToStreamSettingsFromDefaults, type AppendToStreamOptions } from '@kurrent/kurrentdb-client'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { noSmallDisk, smallDisk } from '../harness/small-disk.js'
import { until } from '../harness/until.js'
import { rejection } from './consumer.js'

// How a real server's disk is filled is not ours to try.
const skip = await noSmallDisk()
const DISK = 4 * 1024 * 1024
const BALLAST = 2 * 1024 * 1024
const credentials = { username: 'ann', password: 'secret' }

const event = (bytes: number) => binaryEvent({ id: randomUUID(), type: 'Filled', data: Buffer.alloc(bytes, 'x') })

async function opened (t: import('tap').Test, data: string) {
  const store = await startEmbeddedStore({ data })
  const client = KurrentDBClient.connectionString(store.connectionString)
  const end = async () => {
    await client.dispose()
    await store.stop()
  }
  t.teardown(end)
  const ids = async (stream: string, options: object = {}) => {
    const found: string[] = []
    for await (const { event } of client.readStream(stream, options)) found.push(event!.id)
    return found
  }
  return { store, client, end, ids }
}

t.test('a disk that is full: errors that the client knows, reads go on, and writing resumes when there is room', { skip }, async (t) => {
  const disk = await smallDisk(DISK)
  t.teardown(() => disk.remove())
  const ballast = join(disk.folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(BALLAST))
  const data = join(disk.folder, 'data')
  const { client, end, ids } = await opened(t, data)
  const confirmed: string[] = []
  /** @returns why the store took no more */
  const fill = async (bytes: number, options: AppendToStreamOptions): Promise<Error> => {
    for (;;) {
      const next = event(bytes)
      try {
        await client.appendToStream('full-1', next, options)
        confirmed.push(next.id)
      } catch (error) {
        return error as Error
      }
    }
  }

  t.match(await fill(100_000, {}), { constructor: DeadlineExceededError })
  // What is left must not be enough for anything.
  for (const bytes of [10_000, 1_000, 1, 0]) t.match(await fill(bytes, {}), { constructor: DeadlineExceededError })
  const refused = [
    client.appendToStream('full-1', event(1), { credentials }),
    client.appendToStream('full-2', event(1), { streamState: 'no_stream' }),
    client.setStreamMetadata('full-1', { maxCount: 1 }),
    client.deleteStream('full-1'),
    client.tombstoneStream('full-1')
  ]
  for (const error of await Promise.all(refused.map(rejection))) t.match(error, { constructor: DeadlineExceededError })
  t.match(await rejection(client.createPersistentSubscriptionToStream('full-1', 'group', persistentSubscriptionToStreamSettingsFromDefaults())),
    { type: 'persistent-subscription-failed' })
  t.same(await ids('full-1'), confirmed, 'reads go on')
  t.match(await rejection(ids('full-2')), { type: 'stream-not-found' })

  await rm(ballast)
  confirmed.push(...await until(async () => {
    const next = event(1)
    return await client.appendToStream('full-1', next).then(() => [next.id], () => undefined)
  }))
  await client.createPersistentSubscriptionToStream('full-1', 'group', persistentSubscriptionToStreamSettingsFromDefaults())
  t.same(await ids('full-1'), confirmed, 'and nothing of what failed is there')
  await until(async () => (await ids('$ce-full', { resolveLinkTos: true })).length === confirmed.length)
  await end()

  const again = await opened(t, data)
  t.same(await again.ids('full-1'), confirmed)
  t.same(await again.ids('$ce-full', { resolveLinkTos: true }), confirmed)
  t.equal((await again.client.getPersistentSubscriptionToStreamInfo('full-1', 'group')).groupName, 'group')
  await again.end()
})

t.test('room for the header of a file, and for nothing behind it', { skip }, async (t) => {
  const disk = await smallDisk(DISK)
  t.teardown(() => disk.remove())
  const crumb = join(disk.folder, 'crumb')
  const ballast = join(disk.folder, 'ballast')
  await writeFile(crumb, Buffer.alloc(12 * 1024))
  await writeFile(ballast, Buffer.alloc(BALLAST))
  const data = join(disk.folder, 'data')
  const { client, end } = await opened(t, data)
  const confirmed: string[] = []
  const put = async (bytes: number): Promise<unknown> => {
    const next = event(bytes)
    return await client.appendToStream('plain', next).then(() => { confirmed.push(next.id) }, (error: unknown) => error)
  }
  while (await put(100_000) === undefined);
  t.match(await put(100_000), { constructor: DeadlineExceededError })
  await rm(crumb)
  for (let n = 0; n < 5; n++) t.match(await put(100_000), { constructor: DeadlineExceededError })
  await rm(ballast)
  await until(async () => await put(100_000) === undefined ? true : undefined)
  t.equal(await put(100), undefined)
  t.ok((await readdir(data)).filter((name) => name.endsWith('.log')).length <= 2, 'trials leave no files')
  await end()
  t.same(await (await opened(t, data)).ids('plain'), confirmed)
})

t.test('a disk that was full when the store was opened', { skip }, async (t) => {
  const disk = await smallDisk(DISK)
  t.teardown(() => disk.remove())
  const data = join(disk.folder, 'data')
  const ballast = join(disk.folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(DISK)).catch(() => {})
  const { client, ids } = await opened(t, data)
  t.match(await rejection(client.appendToStream('full-1', event(10_000))), { constructor: DeadlineExceededError })
  t.match(await rejection(ids('full-1')), { type: 'stream-not-found' })
  await rm(ballast)
  const { nextExpectedRevision } = await until(() => client.appendToStream('full-1', event(10_000)).catch(() => undefined))
  t.equal(nextExpectedRevision, 0n)
})

t.test('a folder that cannot be written to stops the start, and says which', { skip }, async (t) => {
  const disk = await smallDisk(DISK)
  t.teardown(() => disk.remove())
  const data = join(disk.folder, 'data')
  await (await opened(t, data)).end()
  await disk.setWritable(false)
  for (const folder of [data, join(disk.folder, 'other')]) {
    t.match(await rejection(startEmbeddedStore({ data: folder })), { code: 'UNISTREAM_STORE_LOG_FOLDER', message: new RegExp(folder) })
  }
  await disk.setWritable(true)
  const { client, end } = await opened(t, data)
  await client.appendToStream('writable-1', event(1))
  await end()
})
