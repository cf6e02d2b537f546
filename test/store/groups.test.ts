import t from 'tap'
import { groupDifferences } from '../../lib/store/groups.js'
import { openRelay } from '../harness/relay.js'
import { onRealServer, openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { groupSettings, openFor, operator, portOf, things } from './things.js'

t.test('a group is made once, with its settings', async t => {
  const { connectionString } = await openStore(t)
  const { store, log } = openFor(t, connectionString)
  const stream = uniqueType('Group')
  const settings = groupSettings({ strategy: 'PinnedByCorrelation', resolveLinkTos: true, maxSubscriberCount: 3, messageTimeout: 12_345 })
  t.equal(await store.groupInfo(stream, 'UniStream'), undefined)
  t.equal(await store.ensureGroup(stream, 'UniStream', settings), 'made')
  t.equal(await store.ensureGroup(stream, 'UniStream', settings), 'existed')
  t.match(await store.groupInfo(stream, 'UniStream'), { connections: 0, outstanding: 0, parked: 0n, settings })
  t.strictSame(log.lines.filter(({ level }) => level === 'warn'), [])
})

t.test('made by many at once, one makes it', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Race')
  const made = await Promise.all(Array.from({ length: 8 }, () => store.ensureGroup(stream, 'UniStream', groupSettings())))
  t.strictSame(made.toSorted(), ['existed', 'existed', 'existed', 'existed', 'existed', 'existed', 'existed', 'made'])
})

t.test('where a group starts', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('From')
  await store.append(stream, 'any', things(5))
  for (const startFrom of ['start', 'end', 3n] as const) {
    await store.ensureGroup(stream, `from-${startFrom}`, groupSettings({ startFrom }))
    t.match(await store.groupInfo(stream, `from-${startFrom}`), { settings: { startFrom } })
  }
})

t.test('other settings of a group that exists are kept, and logged once', async t => {
  const { connectionString } = await openStore(t)
  const { store, log } = openFor(t, connectionString)
  const stream = uniqueType('Differ')
  await store.ensureGroup(stream, 'UniStream', groupSettings())
  const wanted = groupSettings({ messageTimeout: 7_000, strategy: 'PinnedByCorrelation' })
  t.equal(await store.ensureGroup(stream, 'UniStream', wanted), 'existed')
  await store.ensureGroup(stream, 'UniStream', wanted)
  t.match(log.lines.filter(({ level }) => level === 'warn'), [{
    details: {
      stream,
      group: 'UniStream',
      differences: [
        { setting: 'messageTimeout', wanted: '7000', actual: '30000' },
        { setting: 'strategy', wanted: 'PinnedByCorrelation', actual: 'RoundRobin' }
      ]
    }
  }])
  t.match(await store.groupInfo(stream, 'UniStream'), { settings: groupSettings() })
})

t.test('differences', async t => {
  t.strictSame(groupDifferences(groupSettings(), groupSettings()), [])
  t.strictSame(groupDifferences(groupSettings({ startFrom: 0n }), groupSettings()), [], 'from revision 0 is from the start')
  t.match(groupDifferences(groupSettings({ maxSubscriberCount: 1 }), groupSettings()),
    [{ setting: 'maxSubscriberCount', wanted: '1', actual: 'unbounded' }])
  for (const [setting, value] of Object.entries({ resolveLinkTos: true, messageTimeout: 1, maxRetryCount: 1, checkPointAfter: 1, checkPointLowerBound: 9, checkPointUpperBound: 9, liveBufferSize: 9, readBatchSize: 9, historyBufferSize: 9, startFrom: 'end' })) {
    t.match(groupDifferences(groupSettings({ [setting]: value }), groupSettings()), [{ setting, wanted: String(value) }])
  }
})

t.test('deleting', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Delete')
  await store.deleteGroup(stream, 'never')
  await store.ensureGroup(stream, 'UniStream', groupSettings())
  await store.deleteGroup(stream, 'UniStream')
  t.equal(await store.groupInfo(stream, 'UniStream'), undefined)
  t.equal(await store.ensureGroup(stream, 'UniStream', groupSettings()), 'made')
})

t.test('what cannot be done is told in a coded error', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = uniqueType('Fail')
  await t.rejects(store.replayParked(stream, 'never'), { code: 'UNISTREAM_STORE_UNAVAILABLE', cause: { trouble: 'no_group' } })
  await t.rejects(store.ensureGroup(stream, 'UniStream', groupSettings({ readBatchSize: 600 })), { code: 'UNISTREAM_STORE_UNAVAILABLE' },
    'a batch larger than the buffer')
})

t.test('a store that is away, and one that hangs', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString), 0.5)
  const stream = uniqueType('Away')
  await relay.refuse()
  await t.rejects(store.ensureGroup(stream, 'UniStream', groupSettings()), { cause: { trouble: 'unavailable' } })
  t.equal(await store.categoryProjection(), 'unknown')
  await t.rejects(store.serverVersion(), { code: 'UNISTREAM_STORE_UNAVAILABLE' })
  await relay.accept()
  t.equal(await store.ensureGroup(stream, 'UniStream', groupSettings()), 'made')
  relay.hold()
  await t.rejects(store.groupInfo(stream, 'UniStream'), { cause: { trouble: 'timeout' } })
  await until(() => store.groupInfo(stream, 'UniStream').then(info => info !== undefined, () => false))
  relay.hold({ all: true })
  const late = openFor(t, relay.connectionString(connectionString), 0.5).store
  await t.rejects(late.serverVersion(), { cause: { trouble: 'timeout' } })
  relay.release()
  await until(() => late.serverVersion().then(() => true, () => false))
})

t.test('the server and its category projection', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  t.match(await store.serverVersion(), /^\d+\.\d+\.\d+/)
  t.equal(await store.categoryProjection(), 'running')
  const client = operator(t, connectionString)
  if (!onRealServer) {
    await client.disableProjection('$by_category')
    t.equal(await store.categoryProjection(), 'stopped')
    await client.enableProjection('$by_category')
    await until(async () => await store.categoryProjection() === 'running')
  }
})
