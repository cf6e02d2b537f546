import t from 'tap'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { jsonEvent, KurrentDBClient, PARK, persistentSubscriptionToStreamSettingsFromDefaults, START } from '@kurrent/kurrentdb-client'
import { Groups } from '../../lib/embedded/groups/index.js'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { bare } from '../harness/bare.js'
import { compiled } from '../harness/compiled.js'

// What a restart keeps is a matter of the embedded store: a real one is not ours to restart.
const event = (n: number) => jsonEvent({ id: randomUUID(), type: 'Happened', data: { n }, metadata: { $correlationId: 'c' } })

async function opened (t: import('tap').Test, data: string, warn: (message: string) => void = () => {}) {
  const store = await startEmbeddedStore({ data, warn })
  const client = KurrentDBClient.connectionString(store.connectionString)
  const end = async () => {
    await client.dispose()
    await store.stop()
  }
  t.teardown(end)
  const read = async (stream: string, options: object = {}) => {
    const found = []
    for await (const resolved of client.readStream(stream, options)) found.push(resolved)
    return found
  }
  return { store, client, end, read }
}

t.test('streams, metadata, deletions and links are there after a restart, each once', async t => {
  const data = join(t.testdir(), 'data')
  const first = await opened(t, data)
  const events = [event(0), event(1), event(2)]
  await first.client.appendToStream('order-1', events, { streamState: 'no_stream' })
  await first.client.appendToStream('order-2', event(0))
  await first.client.setStreamMetadata('order-1', { maxCount: 2 })
  await first.client.appendToStream('gone-1', event(0))
  await first.client.deleteStream('gone-1')
  await first.client.appendToStream('buried-1', event(0))
  await first.client.tombstoneStream('buried-1')
  await first.end()

  for (let restart = 0; restart < 2; restart++) {
    const again = await opened(t, data)
    t.same((await again.read('order-1')).map(({ event }) => event!.id), events.slice(1).map(({ id }) => id))
    t.same((await again.read('$ce-order', { resolveLinkTos: true })).map(({ event }) => event?.streamId), [undefined, 'order-1', 'order-1', 'order-2'])
    t.match(await again.read('gone-1').catch((error: Error) => error), { type: 'stream-not-found' })
    t.match(await again.read('buried-1').catch((error: Error) => error), { type: 'stream-deleted' })
    const repeated = await again.client.appendToStream('order-1', events, { streamState: 'no_stream' })
    t.equal(repeated.nextExpectedRevision, 2n, 'exact revisions stay idempotent')
    await again.end()
  }
})

t.test('groups go on behind their checkpoints, with what they have parked', async t => {
  const data = join(t.testdir(), 'data')
  const first = await opened(t, data)
  const settings = persistentSubscriptionToStreamSettingsFromDefaults({ startFrom: START, checkPointLowerBound: 1, checkPointUpperBound: 1 })
  await first.client.createPersistentSubscriptionToStream('work', 'group', settings)
  await first.client.appendToStream('work', [event(0), event(1), event(2)])
  const subscription = first.client.subscribeToPersistentSubscriptionToStream('work', 'group')
  for await (const { event } of subscription) {
    const n = (event!.data as { n: number }).n
    if (n === 1) await subscription.nack(PARK, 'not now', { event: event! } as never)
    else await subscription.ack({ event: event! } as never)
    if (n === 2) break
  }
  const checkpoint = async () => (await first.read('$persistentsubscription-work::group-checkpoint').catch(() => [])).at(-1)?.event?.data
  while (await checkpoint() !== '2') await new Promise(resolve => setImmediate(resolve))
  await subscription.unsubscribe()
  await first.end()

  const again = await opened(t, data)
  await again.client.appendToStream('work', event(3))
  const delivered = []
  const second = again.client.subscribeToPersistentSubscriptionToStream('work', 'group')
  for await (const message of second) {
    delivered.push((message.event!.data as { n: number }).n)
    await second.ack(message)
    if (delivered.length === 1) await again.client.replayParkedMessagesToStream('work', 'group')
    if (delivered.length === 2) break
  }
  await second.unsubscribe()
  t.same(delivered, [3, 1])
})

t.test('what others write where groups are kept does not keep the store from starting', async t => {
  const group = { stream: 's', group: 'g' }
  const foreign = [{ a: 1 }, 5, null, { entries: 'none' }, { entries: [null, 7, {}, group, { ...group, startFrom: 'x' }, { ...group, startFrom: '0' }] }]
  for (const [at, content] of foreign.entries()) {
    const data = join(t.testdir(), `data${at}`)
    const first = await opened(t, data)
    await first.client.appendToStream('$persistentSubscriptionConfig', jsonEvent({ type: 'x', data: content as never }))
    await first.end()
    const warnings: string[] = []
    const again = await opened(t, data, (message) => { warnings.push(message) })
    t.ok(warnings.length > 0 && warnings.every((warning) => warning.includes('$persistentSubscriptionConfig')), warnings.join())
    await again.client.createPersistentSubscriptionToStream('s', 'mine', persistentSubscriptionToStreamSettingsFromDefaults())
    await again.end()
    const third = await opened(t, data, (message) => { t.fail(message) })
    t.equal((await third.client.listAllPersistentSubscriptions()).length, 1)
    await third.end()
  }
})

t.test('a start that fails gives the folder back', async t => {
  const data = join(t.testdir(), 'data')
  const { start } = Groups.prototype
  t.teardown(() => { Groups.prototype.start = start })
  Groups.prototype.start = () => Promise.reject(new Error('no groups'))
  await t.rejects(startEmbeddedStore({ data }), { message: 'no groups' })
  Groups.prototype.start = start
  await (await opened(t, data)).end()
})

t.test('kill -9 at any moment: everything confirmed is there, nothing half is', async t => {
  const data = join(t.testdir(), 'data')
  const confirmed = new Map<string, number>()
  const cli = join(await compiled(t), 'lib/embedded/cli.js')
  for (let round = 0; round < 4; round++) {
    const child = spawn(...bare(process.execPath, cli, '--data', data, '--port', '0'), { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
    const client = KurrentDBClient.connectionString(/kurrentdb:\/\/\S+/.exec(line)![0])
    let killed = false
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; !killed; n++) {
        const stream = `s-${round}x${writer}`
        try {
          // Four events at a time: all of them or none.
          const { nextExpectedRevision } = await client.appendToStream(stream, [event(n), event(n), event(n), event(n)])
          confirmed.set(stream, Number(nextExpectedRevision))
          if (n === 20 + 10 * round && writer === round) {
            killed = true
            child.kill('SIGKILL')
          }
        } catch {
          return
        }
      }
    })
    await once(child, 'exit')
    killed = true
    await client.dispose()
    await Promise.race([Promise.all(writers), once(child.stdout, 'close')])
  }
  const { read } = await opened(t, data)
  t.ok(confirmed.size >= 30)
  for (const [stream, revision] of confirmed) {
    const events = await read(stream)
    if (events.length < revision + 1 || events.length % 4 !== 0) t.fail(`${stream}: ${events.length} events, ${revision + 1} confirmed`)
  }
})
