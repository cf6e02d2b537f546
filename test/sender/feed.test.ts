import t from 'tap'
import type { Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { OutcomeFeed } from '../../lib/sender/outcome-feed.js'
import type { OutcomeFeedOptions } from '../../lib/sender/outcome-feed.js'
import { Store } from '../../lib/store/index.js'
import type { NewEvent } from '../../lib/store/index.js'
import { recordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { stage as senderStage } from './stage.js'

function thing (): NewEvent {
  return { id: randomUUID(), type: 'Thing', data: Buffer.from('{}'), metadata: new Uint8Array() }
}

async function stage (t: Test) {
  const { connectionString } = await openStore(t)
  const store = Store.open({ connectionString, callLimit: 10 }, recordingLog())
  t.teardown(() => store.close())
  const type = uniqueType('Thing')
  const stream = `$ce-${type}`
  return {
    store,
    type,
    stream,
    feed (group: string, over: Partial<OutcomeFeedOptions> = {}) {
      const log = recordingLog()
      const seen: string[] = []
      let confirmed = 0
      const own = Store.open({ connectionString, callLimit: 10 }, log)
      const feed = new OutcomeFeed({
        store: own,
        stream,
        group,
        keepGroup: false,
        onEvent: ({ id }) => { seen.push(id) },
        onConfirmed: () => { confirmed++ },
        log,
        ...over
      })
      feed.start()
      const close = async (): Promise<void> => {
        await feed.close()
        await own.close()
      }
      t.teardown(close)
      return { feed, seen, log, close, confirmed: () => confirmed }
    },
    async put (count: number): Promise<string[]> {
      const things = Array.from({ length: count }, thing)
      for (let at = 0; at < count; at += 500) {
        await until(async () => (await store.append(`${type}-${randomUUID()}`, 'any', things.slice(at, at + 500))).kind === 'written')
      }
      return things.map(({ id }) => id)
    },
    async info (group: string) {
      return await store.groupInfo(stream, group)
    }
  }
}

t.test('the group is this node\'s own, from the end, for one consumer, and is removed at an orderly close', async t => {
  const s = await stage(t)
  await s.put(5)
  const { feed, seen, close } = s.feed('A')
  await until(() => feed.standing)
  t.match(await s.info('A'), { connections: 1, settings: { resolveLinkTos: true, maxSubscriberCount: 1, startFrom: 'end' } })
  const ids = await s.put(3)
  await until(() => seen.length >= 3)
  t.strictSame(seen, ids, 'resolved, and nothing from before')
  await until(async () => (await s.info('A'))?.outstanding === 0)
  await close()
  t.equal(await s.info('A'), undefined)
})

t.test('a setting keeps the group, which then goes on where it was', async t => {
  const s = await stage(t)
  const first = s.feed('A', { keepGroup: true })
  await until(() => first.feed.standing)
  const [early] = await s.put(1)
  await until(() => first.seen.includes(early!))
  await until(async () => (await s.info('A'))?.lastCheckpointed !== undefined)
  await first.close()
  t.ok(await s.info('A'))
  const ids = await s.put(2)
  const second = s.feed('A')
  await until(() => second.seen.length >= 2)
  t.strictSame(second.seen, ids)
})

t.test('by the settings of the sender too', async t => {
  const s = await senderStage(t)
  for (const keepGroup of [true, false]) {
    const hostname = randomUUID()
    const { close } = await s.readySender({ keepGroup }, { hostname })
    t.ok(await s.store.groupInfo(s.streams.category, `${s.type}-${hostname}`))
    await close()
    t.equal((await s.store.groupInfo(s.streams.category, `${s.type}-${hostname}`)) !== undefined, keepGroup)
  }
})

t.test('a group of an earlier life that is far behind is made anew from the end', async t => {
  const s = await stage(t)
  const first = s.feed('A', { keepGroup: true })
  await until(() => first.feed.standing)
  const [early] = await s.put(1)
  await until(() => first.seen.includes(early!))
  await until(async () => (await s.info('A'))?.lastCheckpointed !== undefined)
  await first.close()
  await s.put(40)
  const second = s.feed('A', { backlog: 20n })
  await until(() => second.confirmed() >= 2)
  t.match(second.log.lines.filter(({ message }) => /far behind/.test(message)), [{ level: 'warn', details: { behind: '40' } }])
  const ids = await s.put(2)
  await until(() => ids.every(id => second.seen.includes(id)))
  t.ok(second.feed.standing)
})

t.test('a group that is not far behind is left as it is', async t => {
  const s = await stage(t)
  const first = s.feed('A', { keepGroup: true })
  await until(() => first.feed.standing)
  const [early] = await s.put(1)
  await until(() => first.seen.includes(early!))
  await until(async () => (await s.info('A'))?.lastCheckpointed !== undefined)
  await first.close()
  const ids = await s.put(20)
  const second = s.feed('A', { backlog: 20n })
  await until(() => ids.every(id => second.seen.includes(id)))
  t.equal(second.confirmed(), 1)
})

t.test('a second sender of the same name is told which setting to change, and takes over when it can', async t => {
  const s = await stage(t)
  const first = s.feed('A')
  await until(() => first.feed.standing)
  const second = s.feed('A', { patience: 100 })
  await until(() => second.feed.taken)
  t.notOk(second.feed.standing)
  t.match(second.feed.trouble, { trouble: 'full' })
  t.match(second.log.lines.find(({ level }) => level === 'error'), { message: /KURRENT_HOSTNAME/ })
  const [one] = await s.put(1)
  await until(() => first.seen.includes(one!))
  await second.close()
  t.ok(await s.info('A'), 'the group of the other one is not removed')

  const third = s.feed('A', { patience: 60_000 })
  await until(() => third.feed.trouble?.trouble === 'full')
  t.notOk(third.feed.taken, 'not before a dead peer would have been noticed')
  await first.close()
  await until(() => third.feed.standing)
  t.notOk(third.feed.taken)
})

t.test('the sender\'s readiness says it', async t => {
  const s = await senderStage(t)
  const hostname = randomUUID()
  await s.readySender({}, { hostname })
  const { sender } = await s.sender({}, { hostname })
  await until(() => /maximum|subscriber/i.test(sender.readiness().reasons.join()))
  t.notOk(sender.readiness().ready)
})

t.test('links to nothing and events that nobody knows are acknowledged, and harm nothing', async t => {
  const s = await senderStage(t)
  s.worker()
  const hostname = randomUUID()
  const { send, log } = await s.readySender({}, { hostname })
  const aggId = randomUUID()
  const put = (stream: string, type: string, data: string, metadata = '') =>
    s.append(stream, [{ id: randomUUID(), type, data: Buffer.from(data), metadata: Buffer.from(metadata) }])
  await send('Start', aggId, randomUUID(), {})
  await put(`${s.type}-${randomUUID()}`, 'Nonsense', 'no JSON', 'no JSON either')
  await put(`${s.type}-${randomUUID()}`, s.commands.refusedName, '{"kind":"mystery"}')
  await put(`${s.type}-nobody`, 'Thing', '[]', '{"$causationId":7}')
  await put(`${s.type}-Fail`, 'Thing', '')
  await put(`${s.type}-Duplicate`, 'Thing', '')
  const gone = `${s.type}-${randomUUID()}`
  await put(gone, 'Thing', '{}')
  await s.tombstone(gone)
  t.match(await send('Add', aggId, randomUUID(), { by: 1 }), { outcome: { status: 'succeeded' } })
  await until(async () => (await s.store.groupInfo(s.streams.category, `${s.type}-${hostname}`))?.outstanding === 0)
  t.equal((await s.store.groupInfo(s.streams.category, `${s.type}-${hostname}`))!.parked, 0n)
  const nowhere = await until(() => log.lines.find(({ message }) => message === 'A link leads to an event that is gone'))
  t.match(nowhere, { level: 'debug', details: { stream: s.streams.category, target: new RegExp(`@${gone}$`), unresolved: 1 } })
})

t.test('the group is dropped under the sender: made again', async t => {
  const s = await senderStage(t)
  s.worker()
  const hostname = randomUUID()
  const { send, sender } = await s.readySender({}, { hostname })
  await s.store.deleteGroup(s.streams.category, `${s.type}-${hostname}`)
  await until(() => !sender.readiness().ready)
  await until(() => sender.readiness().ready)
  t.match(await send('Start', randomUUID(), randomUUID(), {}), { outcome: { status: 'succeeded' } })
})
