import t from 'tap'
import { randomUUID } from 'node:crypto'
import { StoreUnavailableError } from '../../lib/errors.js'
import { commandEvent, streamNames, sweepMark, WORKERS_GROUP } from '../../lib/outcome/index.js'
import { CommandStream } from '../../lib/sender/command-stream.js'
import { Store } from '../../lib/store/index.js'
import type { GroupInfo, RecordedEvent } from '../../lib/store/index.js'
import { workersGroup } from '../../lib/subscriber/index.js'
import { defineCounter } from '../harness/counter.js'
import { recordingLog } from '../harness/recording-log.js'
import { embeddedOnly } from '../harness/store.js'
import { until } from '../harness/until.js'
import { stage } from './stage.js'

t.test('the outcome of a command, from wherever it is known', async t => {
  const s = await stage(t)
  s.worker()
  const first = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await first.send('Start', aggId, comId, {})
  const found = { status: 'succeeded', aggregate: s.type, aggId, comId, revision: 0n, events: [{ type: 'Started', data: {} }] }
  const second = await s.readySender()
  for (const [where, { sender }] of [['memory', first], ['the store', second]] as const) {
    t.strictSame(await sender.find({ command: 'Start', aggId: aggId.toUpperCase(), comId: comId.toUpperCase() }), found, where)
    t.equal(await sender.find({ command: 'Add', aggId, comId }), undefined, `another command, ${where}`)
    t.equal(await sender.find({ command: 'Start', aggId: randomUUID(), comId }), undefined, `another aggregate, ${where}`)
    t.equal(await sender.find({ command: 'Start', aggId, comId: randomUUID() }), undefined, `another id, ${where}`)
  }
})

t.test('a command that waits in the command stream is open', async t => {
  const s = await stage(t)
  const { sender } = await s.readySender()
  const aggId = randomUUID()
  const ids = Array.from({ length: 600 }, () => randomUUID())
  await s.append(s.streams.commands, ids.map(comId => commandEvent(s.commands.commands.Add, { aggId, comId }, { by: 1 })))
  for (const comId of [ids[0]!, ids[300]!, ids[599]!]) {
    t.strictSame(await sender.find({ command: 'Add', aggId, comId }), { status: 'open', aggregate: s.type, aggId, comId })
  }
  t.equal(await sender.find({ command: 'Add', aggId, comId: randomUUID() }), undefined)
  t.equal(await sender.find({ command: 'Start', aggId, comId: ids[0]! }), undefined)
  t.equal(await sender.find({ command: 'Add', aggId: randomUUID(), comId: ids[0]! }), undefined)
})

t.test('a command that somebody waits for here is open, and then has its outcome', async t => {
  const s = await stage(t)
  const { sender, send } = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const result = send('Add', aggId, comId, { by: 1 })
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'open' })
  await s.taken(comId)
  await s.succeed('Add', aggId, comId, { by: 1 }, [1])
  await result
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'succeeded' })
})

t.test('what the workers have parked is open, on any sender, until it has its outcome', async t => {
  const s = await stage(t)
  s.worker()
  const { sender, send } = await s.readySender({ interval: 0 })
  const other = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  await send('Start', aggId, randomUUID(), {})
  // No worker can go on from this event: the command is parked, which the group counts as finished.
  const open = { status: 'open', aggregate: s.type, aggId, comId }
  t.match(await send('Misbehave', aggId, comId, { how: 'evolve' }, 0.5), { outcome: open })
  await until(async () => (await s.store.groupInfo(s.streams.commands, WORKERS_GROUP))?.lastCheckpointed === 1n)
  for (const [where, asked] of [['which sent it', sender], ['another', other.sender]] as const) {
    t.strictSame(await asked.find({ command: 'Misbehave', aggId, comId }), open, where)
    t.equal(await asked.find({ command: 'Add', aggId, comId }), undefined, `another command, ${where}`)
    t.equal(await asked.find({ command: 'Misbehave', aggId: randomUUID(), comId }), undefined, `another aggregate, ${where}`)
  }
  await s.succeed('Misbehave', aggId, comId, { how: 'evolve' }, [1])
  t.match(await other.sender.find({ command: 'Misbehave', aggId, comId }), { status: 'succeeded' })
})

t.test('decided after the first look, and no longer parked: its outcome', async t => {
  const s = await stage(t)
  const [aggId, comId] = [randomUUID(), randomUUID()]
  const read = Store.prototype.read
  const { sender } = await s.readySender({}, {}, own => {
    own.read = async (stream, options) => {
      if (stream === s.streams.parked) await s.succeed('Add', aggId, comId, { by: 1 }, [1])
      return await read.call(own, stream, options)
    }
  })
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'succeeded' })
})

t.test('of what is parked the youngest are looked at, page by page', async t => {
  const s = await stage(t)
  const { sender } = await s.readySender()
  const aggId = randomUUID()
  const ids = Array.from({ length: 300 }, () => randomUUID())
  await s.append(s.streams.commands, ids.map(comId => commandEvent(s.commands.commands.Add, { aggId, comId }, { by: 1 })))
  const parked = s.store.subscribe({
    stream: s.streams.commands,
    group: WORKERS_GROUP,
    settings: workersGroup(30, 64),
    bufferSize: 500,
    onDelivery: ({ ackId }) => { parked.nack('park', 'UNKNOWN_COMMAND', ackId) }
  })
  await until(async () => {
    const info = await s.store.groupInfo(s.streams.commands, WORKERS_GROUP)
    return info?.parked === 300n && info.lastCheckpointed === 299n
  })
  await parked.stop()
  for (const comId of [ids[0]!, ids[150]!, ids[299]!]) t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'open' })
  t.equal(await sender.find({ command: 'Add', aggId, comId: randomUUID() }), undefined)
})

t.test('a user who may not read what is parked: nothing is known of it, and the log says so once', async t => {
  const s = await stage(t)
  const read = Store.prototype.read
  const { sender, log } = await s.readySender({}, {}, own => {
    own.read = async (stream, options) => {
      if (stream !== s.streams.parked) return await read.call(own, stream, options)
      throw new StoreUnavailableError({ cause: Object.assign(new Error('denied'), { trouble: 'access_denied' }) })
    }
  })
  for (let time = 0; time < 2; time++) t.equal(await sender.find({ command: 'Add', aggId: randomUUID(), comId: randomUUID() }), undefined)
  t.match(log.lines.filter(({ message }) => message.includes('parked')), [{ level: 'warn', details: { stream: s.streams.parked } }])
  t.equal(log.lines.filter(({ message }) => message.includes('parked')).length, 1)
})

t.test('a store that cannot say what is parked: nothing is said', async t => {
  const s = await stage(t)
  const read = Store.prototype.read
  const { sender } = await s.readySender({}, {}, own => {
    own.read = async (stream, options) => {
      if (stream !== s.streams.parked) return await read.call(own, stream, options)
      throw new StoreUnavailableError()
    }
  })
  await t.rejects(sender.find({ command: 'Add', aggId: randomUUID(), comId: randomUUID() }), { code: 'UNISTREAM_STORE_UNAVAILABLE' })
})

for (const emulate of ['23.10', '26.1'] as const) {
  const loses = emulate === '23.10'
  const name = loses ? 'below the checkpoint of a group that loses commands they are open down to where a sweep has looked' : 'below the checkpoint of a group that loses none there is nothing'
  t.test(name, embeddedOnly, async t => {
    const s = await stage(t, { emulate })
    const { sender } = await s.readySender()
    const aggId = randomUUID()
    const ids = Array.from({ length: 4 }, () => randomUUID())
    await s.append(s.streams.commands, ids.map(comId => commandEvent(s.commands.commands.Add, { aggId, comId }, { by: 1 })))
    const handled = s.store.subscribe({
      stream: s.streams.commands,
      group: WORKERS_GROUP,
      settings: workersGroup(30, 64),
      bufferSize: 64,
      onDelivery: ({ ackId }) => { handled.ack(ackId) }
    })
    await until(async () => (await s.store.groupInfo(s.streams.commands, WORKERS_GROUP))?.lastCheckpointed === 3n)
    await handled.stop()
    const statuses = async () => await Promise.all(ids.map(async comId => (await sender.find({ command: 'Add', aggId, comId }))?.status))
    const open = loses ? 'open' : undefined
    t.strictSame(await statuses(), [open, open, open, open])
    const nothing = undefined
    for (const [mark, expected] of [[1n, [nothing, nothing, open, open]], [3n, [nothing, nothing, nothing, nothing]], [7n, [nothing, nothing, nothing, nothing]]] as const) {
      await s.append(s.streams.sweep, [sweepMark(s.streams.sweep, { revision: mark, open: [] })])
      t.strictSame(await statuses(), expected, `looked up to ${mark}`)
    }
    // The mark of a sweep that could not decide one of them.
    await s.append(s.streams.sweep, [sweepMark(s.streams.sweep, { revision: 3n, open: [{ revision: 1n, comId: ids[1]! }, { revision: 2n, comId: ids[3]! }] })])
    t.strictSame(await statuses(), [nothing, open, nothing, nothing])
    t.equal(await sender.find({ command: 'Start', aggId, comId: ids[1]! }), nothing, 'another command')
  })
}

t.test('who was lately told that it is open is told so again by the same node, though the store may not have it', async t => {
  const s = await stage(t)
  const { sender, send } = await s.readySender()
  const other = await s.readySender()
  const [aggId, comId] = [randomUUID(), randomUUID()]
  t.match(await send('Add', aggId, comId, { by: 1 }, 0.3), { outcome: { status: 'open' } })
  // So that the store has nothing of it, as of a command whose append got no answer.
  await s.tombstone(s.streams.commands)
  t.match(await sender.find({ command: 'Add', aggId, comId }), { status: 'open' })
  t.equal(await sender.find({ command: 'Start', aggId, comId }), undefined, 'another command')
  t.equal(await sender.find({ command: 'Add', aggId: randomUUID(), comId }), undefined, 'another aggregate')
  t.equal(await other.sender.find({ command: 'Add', aggId, comId }), undefined, 'another node')
})

t.test('however much the store holds, the question has bounds', async t => {
  const commands = defineCounter('Counter').commands
  const streams = streamNames('Counter')
  const log = recordingLog()
  let [read, mark] = [0, -1n]
  /** A store of an old server that has parked a million commands, and whose group has passed as many. */
  const store: Pick<Store, 'read' | 'groupInfo' | 'serverVersion'> = {
    serverVersion: async () => '24.10.13',
    groupInfo: async () => ({ lastCheckpointed: 999_999n }) as GroupInfo,
    read: async (stream, { from, count }) => {
      if (stream === streams.sweep) {
        return { kind: 'page', head: 0n, events: mark < 0n ? [] : [{ event: { ...recorded, data: sweepMark(stream, { revision: mark, open: [] }).data } }] }
      }
      read += count
      const last = typeof from === 'bigint' ? from : 999_999n
      return { kind: 'page', head: 999_999n, events: Array.from({ length: count }, (_, n) => ({ event: { ...recorded, revision: last - BigInt(n) } })) }
    }
  }
  const recorded: RecordedEvent = {
    stream: streams.parked, revision: 0n, id: randomUUID(), type: 'Add', created: 0, json: true, data: new Uint8Array(), metadata: new Uint8Array()
  }
  const of = new CommandStream(store, commands, streams, log)
  const key = { aggId: randomUUID(), comId: randomUUID(), type: 'Add' }
  t.notOk(await of.isParked(key, () => true))
  t.ok(read > 16_000 && read < 17_000, `${read} parked commands`)
  t.equal((await of.progress()).decidedTo, 999_999n - 16_384n)
  mark = 999_000n
  t.equal((await of.progress()).decidedTo, 999_000n)
  read = 0
  t.notOk(await of.isUndecided(await of.progress(), key, () => true))
  t.ok(read < 1_500, `${read} commands`)
})

t.test('more questions at once than the store is asked: refused', async t => {
  const s = await stage(t)
  const { sender, relay } = await s.readySender()
  relay.hold()
  const questions = Array.from({ length: 65 }, () => sender.find({ command: 'Add', aggId: randomUUID(), comId: randomUUID() }))
  const answers = Promise.allSettled(questions)
  await t.rejects(questions[64]!, { code: 'UNISTREAM_OVERLOADED' })
  relay.release()
  t.equal((await answers).filter(({ status }) => status === 'fulfilled').length, 64)
})

t.test('a question has a deadline too', async t => {
  const s = await stage(t)
  const { sender, relay } = await s.readySender({ deadline: 0.1 })
  relay.hold()
  const ask = () => sender.find({ command: 'Add', aggId: randomUUID(), comId: randomUUID() })
  await Promise.all(Array.from({ length: 64 }, () => t.rejects(ask(), { code: 'UNISTREAM_STORE_UNAVAILABLE' })))
  await t.rejects(ask(), { code: 'UNISTREAM_STORE_UNAVAILABLE' }, 'those that are over take no place from others')
  relay.release()
})

t.test('a verdict on another aggregate\'s command of the same id is not an answer', async t => {
  const s = await stage(t)
  const { sender } = await s.readySender()
  const [aggId, elsewhere, comId] = [randomUUID(), randomUUID(), randomUUID()]
  const metadata = Buffer.from(`{"$correlationId":"${elsewhere}","$causationId":"${comId}","code":"AGGREGATE_TOMBSTONED"}`)
  await s.append(s.streams.fail, [{ id: comId, type: 'Fail', data: Buffer.from('"Gone."'), metadata }])
  t.equal(await sender.find({ command: 'Add', aggId, comId }), undefined)
  t.match(await sender.find({ command: 'Add', aggId: elsewhere, comId }), { status: 'failed', aggId: elsewhere })
})
