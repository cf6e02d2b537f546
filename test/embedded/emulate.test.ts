import { randomBytes, randomUUID } from 'node:crypto'
import { KurrentDBClient, MaxAppendSizeExceededError, binaryEvent } from '@kurrent/kurrentdb-client'
import t, { type Test } from 'tap'
import { startEmbeddedStore, type EmbeddedStoreOptions, type EmulatedVersion } from '../../lib/embedded/index.js'
import { Burst } from '../../lib/embedded/wire/burst.js'
import { onRealServer } from '../harness/store.js'
import { Consumer, numbered, numbers, rejection, settings, untilInfo } from './consumer.js'
import { Follower } from './follower.js'
import { versionOf } from './server-version.js'
import { streamOf } from './stream-kinds.js'

const VERSIONS: readonly EmulatedVersion[] = ['23.10', '24.10', '26.1']
const MIB = 1024 * 1024

// A real server is of one version; what is told here of each is told of it in the other tests.
const skip = onRealServer && 'a real server is of one version'

async function like (t: Test, options: EmbeddedStoreOptions): Promise<KurrentDBClient> {
  const store = await startEmbeddedStore(options)
  const client = KurrentDBClient.connectionString(store.connectionString)
  t.teardown(async () => {
    await client.dispose()
    await store.stop()
  })
  return client
}

t.test('each version says what it is, and 26.1 is it unless told otherwise', { skip }, async (t) => {
  for (const [emulate, says] of [['23.10', '23.10.8'], ['24.10', '24.10.14'], ['26.1', '26.1.0']] as const) {
    t.equal(await versionOf(await like(t, { emulate })), says)
  }
  t.equal(await versionOf(await like(t, {})), '26.1.0')
  t.match(await rejection(startEmbeddedStore({ emulate: '22.10' as '23.10' })), { name: 'RangeError', message: /23\.10, 24\.10, 26\.1/ })
})

t.test('what an append may hold', { skip }, async (t) => {
  const bytes = (size: number, metadata?: Uint8Array) => binaryEvent({ type: 'Bytes', data: randomBytes(size), ...(metadata && { metadata }) })
  const credentials = { username: 'ann', password: 'secret' }
  for (const emulate of VERSIONS) {
    const client = await like(t, { emulate })
    const stream = `limits-${randomUUID()}`
    for (const options of [{}, { credentials }]) {
      const tooLarge = async (...appended: ReturnType<typeof bytes>[]) =>
        (await rejection(client.appendToStream(stream, appended, options)) as MaxAppendSizeExceededError | undefined)?.maxAppendSize
      // Beside the data an event of this type counts 10 bytes, where more than the data counts.
      t.equal(await tooLarge(bytes(MIB - 1024 - 20), bytes(1024)), undefined, emulate)
      t.equal(await tooLarge(bytes(MIB - 1024), bytes(1024, randomBytes(2048))), emulate === '24.10' ? MIB : undefined, emulate)
      t.equal(await tooLarge(bytes(MIB - 1024), bytes(1025)), emulate === '26.1' ? undefined : MIB, emulate)
    }
  }
})

t.test('what a follower hears when it has caught up', { skip }, async (t) => {
  for (const emulate of VERSIONS) {
    const client = await like(t, { emulate })
    const stream = await streamOf(client, 'live')
    const ofStream = await new Follower(t, client.subscribeToStream(stream)).live()
    const ofAll = await new Follower(t, client.subscribeToAll()).live()
    const told = emulate !== '23.10'
    t.same([ofStream.revision, ofStream.date !== undefined, ofAll.position !== undefined], told ? [2n, true, true] : [undefined, false, false], emulate)
  }
})

t.test('a follower that is overrun while it is live', { skip }, async (t) => {
  for (const emulate of VERSIONS) {
    const client = await like(t, { emulate })
    const stream = `overrun-${randomUUID()}`
    await client.appendToStream(stream, numbered(1))
    const ofStream = new Follower(t, client.subscribeToStream(stream))
    const ofAll = new Follower(t, client.subscribeToAll())
    await Promise.all([ofStream.live(), ofAll.live()])
    await client.appendToStream(stream, numbered(100, 1))
    await Promise.all([ofStream.live(2), ofAll.live(2)])
    await client.appendToStream(stream, numbered(500, 101))
    if (emulate === '23.10') {
      for (const follower of [ofStream, ofAll]) t.match(await follower.failed(), { type: 'unknown', code: 10 }, emulate)
      const resumed = new Follower(t, client.subscribeToStream(stream, { fromRevision: ofStream.seen.at(-1)!.event!.revision }))
      t.equal((await resumed.saw(601 - ofStream.seen.length)).length, 601 - ofStream.seen.length, 'resumed it has lost nothing')
    } else {
      t.equal((await ofStream.saw(601)).length, 601, emulate)
      t.equal(ofStream.error, undefined)
    }
  }
})

t.test('as many appends at once are as many events at once', { skip }, async (t) => {
  const client = await like(t, { emulate: '23.10' })
  const category = `burst${randomUUID().replaceAll('-', '')}`
  await client.appendToStream(`${category}-0`, numbered(1))
  const followers = [client.subscribeToStream(`$ce-${category}`, { resolveLinkTos: true }), client.subscribeToAll()].map((subscription) => new Follower(t, subscription))
  await Promise.all(followers.map((follower) => follower.live()))
  await Promise.all(Array.from({ length: 100 }, (_, i) => client.appendToStream(`${category}-${i % 7}`, numbered(1))))
  await followers[0]!.saw(101)
  t.same(followers.map(({ error }) => error), [undefined, undefined], 'a hundred do no harm')

  // How many more a machine can do within a moment is its own affair.
  const burst = new Burst(200)
  burst.take(1_000, false)
  for (let i = 0; i < 200; i++) burst.take(1, i === 0)
  t.match(await rejection((async () => { burst.take(1, false) })()), { code: 10 }, 'also when it has not caught up again meanwhile')
  const patient = new Burst(Infinity)
  patient.take(1_000, true)
})

t.test('a checkpoint passes what a full consumer made its group skip, in 23.10', { skip }, async (t) => {
  const keyed = (key: string, number: number) => numbered(1, number, { $correlationId: key })
  await Promise.all(VERSIONS.map(async (emulate) => {
    const client = await like(t, { emulate })
    const stream = `skipped-${randomUUID()}`
    await client.createPersistentSubscriptionToStream(stream, 'group', settings({
      consumerStrategyName: 'PinnedByCorrelation', checkPointLowerBound: 1, checkPointAfter: 100
    }))
    const slow = await Consumer.join(t, client, stream, 'group', { bufferSize: 1 })
    await client.appendToStream(stream, keyed('slow', 0))
    await slow.received(1)
    const quick = await Consumer.join(t, client, stream, 'group')
    for (const [key, number] of [['slow', 1], ['slow', 2], ['quick', 3], ['quick', 4]] as const) await client.appendToStream(stream, keyed(key, number))
    t.same(numbers(await quick.handle(2)), [3, 4])
    const waiting = await untilInfo(client, stream, 'group', ({ stats }) => stats.totalInFlightMessages === 1)
    t.same([waiting.stats.readBufferCount, waiting.stats.retryBufferCount], emulate === '23.10' ? [2, 0] : [0, 2], emulate)
    await slow.handle(1)
    t.same(numbers(await slow.received(2)), [0, 1])
    const { stats } = await untilInfo(client, stream, 'group', ({ stats }) => stats.lastCheckpointedEventRevision !== undefined)
    t.equal(stats.lastCheckpointedEventRevision, emulate === '23.10' ? 4n : 0n, `${emulate}, while 1 is in hand and 2 waits`)
  }))
})
