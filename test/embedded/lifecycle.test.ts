import { once } from 'node:events'
import { connect } from 'node:net'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t, { type Test } from 'tap'
import { EMULATED_VERSIONS } from '../../lib/embedded/emulation.js'
import { startEmbeddedStore, type EmbeddedStoreOptions } from '../../lib/embedded/index.js'
import { onRealServer } from '../harness/store.js'
import { until } from '../harness/until.js'
import { Consumer, eventsOf, open, own, rejection, settings } from './consumer.js'
import { Follower } from './follower.js'
import { PATHS, append, event, events, streamOf } from './stream-kinds.js'

const skip = onRealServer && 'a real server is not ours to stop, and makes no faults on demand'

t.test('a server that stops tells everyone, and another on its port serves the same clients', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const stream = await streamOf(client, 'live')
  t.equal((await eventsOf(client, stream)).length, 3)
  const follower = new Follower(t, client.subscribeToStream(stream))
  await follower.live()
  embedded?.faults.loseAnswer(stream).catch(() => {})
  const pending = rejection(client.appendToStream(stream, events(1)))
  await follower.saw(4)

  await embedded?.stop()
  t.match(await follower.failed(), { type: 'unavailable' })
  t.type(await pending, Error, 'an append under way is rejected')
  t.equal((await rejection(client.appendToStream(stream, events(1))) as { code?: number }).code, 14)
  t.type(await rejection(eventsOf(client, stream)), Error)

  const again = await startEmbeddedStore({ port: embedded!.port })
  t.teardown(() => again.stop())
  t.same(await until(() => append(client, 'BatchAppend', stream, events(1), 'no_stream').catch(() => undefined)), { written: 0n })
  t.equal((await until(() => eventsOf(client, stream).catch(() => undefined))).length, 1)
  const next = new Follower(t, client.subscribeToStream(stream))
  await next.live()
})

/** Who has a part in a server's end, each with a connection of its own: a client that finds it can make no more calls breaks off its others. */
async function witnesses (t: Test, options: EmbeddedStoreOptions = {}) {
  const { client, another, embedded } = await own(t, options)
  const stream = await streamOf(client, 'live')
  await client.createPersistentSubscriptionToStream(stream, 'group', settings({ startFrom: 'end' }))
  const consumer = await Consumer.join(t, client, stream, 'group')
  const [appending, following, reading] = [another(), another(), another()]
  const follower = new Follower(t, following.subscribeToStream(stream))
  await follower.live()
  await append(appending, 'BatchAppend', stream, events(1), 'any')
  await Promise.all([follower.saw(4), consumer.received(1), eventsOf(reading, stream)])
  return { embedded: embedded!, stream, consumer, follower, appending, reading }
}

t.test('a server that stops with grace takes no more calls, and those that are open go on until their time is up', { skip }, async (t) => {
  for (const emulate of EMULATED_VERSIONS) {
    const { embedded, stream, consumer, follower, appending, reading } = await witnesses(t, { emulate })
    const stopped = embedded.stop({ grace: 2 })
    t.match(await until(() => eventsOf(reading, stream).then(() => undefined, (error: unknown) => error)), { type: 'unavailable' }, 'no reads')
    await append(appending, 'BatchAppend', stream, events(1), 'any')
    await Promise.all([follower.saw(5), consumer.received(2)])
    await stopped
    t.match(await follower.failed(), { type: 'unavailable', code: 13, message: 'RST_STREAM with code 0' }, `as ${emulate} does it`)
    t.match(await consumer.ended, { type: 'unavailable', code: 13, message: 'RST_STREAM with code 0' })
    t.match(await rejection(append(appending, 'BatchAppend', stream, events(1), 'any')), { code: 14 })
  }
})

t.test('who is in a hurry ends the grace, and calls are told', { skip }, async (t) => {
  const { embedded, stream, consumer, follower, appending } = await witnesses(t)
  const stopped = embedded.stop({ grace: 600 })
  await append(appending, 'BatchAppend', stream, events(1), 'any')
  await Promise.all([follower.saw(5), consumer.received(2)])
  await Promise.all([embedded.stop(), stopped])
  t.match(await follower.failed(), { type: 'unavailable', code: 14, message: 'Server is shutting down' })
  t.match(await consumer.ended, { type: 'persistent-subscription-dropped' })
})

t.test('where nothing is open, nobody waits', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  await rejection(client.getPersistentSubscriptionToStreamInfo('none', 'none'))
  await embedded!.stop({ grace: 600 })
  t.match(await rejection(client.getPersistentSubscriptionToStreamInfo('none', 'none')), { code: 14 })
})

t.test('stopping ends although connections say nothing, or are broken off', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const silent = connect(embedded!.port, '127.0.0.1')
  const halting = connect(embedded!.port, '127.0.0.1')
  t.teardown(async () => { silent.destroy(); halting.destroy() })
  for (const socket of [silent, halting]) socket.on('error', () => {})
  await Promise.all([once(silent, 'connect'), once(halting, 'connect')])
  halting.write('PR')
  const stream = await streamOf(client, 'live')
  const closed = Promise.all([once(silent, 'close'), once(halting, 'close')])
  silent.resume()
  halting.resume()
  for (let i = 0; i < 5; i++) await new Follower(t, client.subscribeToStream(stream)).live()
  embedded?.faults.hang()
  await embedded?.stop()
  await embedded?.stop()
  await closed
  t.pass('ended, also the second time')
})

t.test('a port that is taken is an error', { skip }, async (t) => {
  const { embedded } = await own(t)
  t.match(await rejection(startEmbeddedStore({ port: embedded!.port })), { code: 'EADDRINUSE' })
})

t.test('two stores in one process know nothing of each other', { skip }, async (t) => {
  const { client } = await own(t)
  const { client: other } = await open(t)
  const stream = await streamOf(client, 'live')
  t.match(await rejection(eventsOf(other, stream)), { type: 'stream-not-found' })
})

for (const path of PATHS) {
  t.test(`an answer that is lost on its way, by ${path}`, { skip }, async (t) => {
    const { client, embedded } = await own(t)
    const stream = await streamOf(client, 'live')
    const known = event()
    const lost = embedded!.faults.loseAnswer(stream, 'cut')
    const error = await rejection(append(client, path, stream, [known], 'any'))
    t.type(error, Error)
    await lost
    t.same(await until(() => append(client, path, stream, [known], 'any').catch(() => undefined)), { written: 3n }, 'it was written once')
    t.equal((await eventsOf(client, stream)).length, 4)
  })

  t.test(`an answer that never comes, by ${path}`, { skip }, async (t) => {
    const { client, embedded } = await own(t)
    const stream = await streamOf(client, 'live')
    const lost = embedded!.faults.loseAnswer((name) => name === stream)
    let answered = false
    const pending = append(client, path, stream, events(1), 'any').finally(() => { answered = true }).catch(() => {})
    await lost
    t.same(await append(client, path, stream, events(1), 3n), { written: 4n }, 'others are answered')
    t.notOk(answered)
    embedded?.faults.dropConnections()
    await pending
  })
}

t.test('which answer is lost is told by the name of the stream', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const [one, other] = [await streamOf(client, 'live', `one-${Date.now()}`), await streamOf(client, 'live')]
  const lost = embedded!.faults.loseAnswer(/^one-/, 'cut')
  t.same(await append(client, 'BatchAppend', other, events(1), 'any'), { written: 3n })
  t.same(await append(client, 'BatchAppend', one, events(1), 1n), { conflict: 2n, expected: 1n }, 'a refusal is no loss')
  t.type(await rejection(client.appendToStream(one, events(1))), Error)
  await lost
})

t.test('connections that are dropped come back', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const stream = await streamOf(client, 'live')
  await eventsOf(client, stream)
  const follower = new Follower(t, client.subscribeToStream(stream))
  await follower.live()
  embedded?.faults.dropConnections()
  t.match(await follower.failed(), { type: 'unavailable' })
  t.same(await until(() => append(client, 'BatchAppend', stream, events(1), 'any').catch(() => undefined)), { written: 3n })
  t.equal((await until(() => eventsOf(client, stream).catch(() => undefined))).length, 4)
})

t.test('a server that hangs does nothing, and all of it when it goes on', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const stream = await streamOf(client, 'live')
  embedded?.faults.hang()
  let answers = 0
  const pending = [1, 2, 3].map(async () => {
    await client.appendToStream(stream, events(1))
    answers++
  })
  const newcomer = KurrentDBClient.connectionString(embedded!.connectionString)
  t.teardown(() => newcomer.dispose())
  const fromNewcomer = append(newcomer, 'BatchAppend', stream, events(1), 'any').finally(() => { answers++ })
  // The socket of a third one tells that what the others have sent has long arrived.
  const socket = connect(embedded!.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  await once(socket, 'close')
  t.equal(answers, 0)
  embedded?.faults.resume()
  await Promise.all([...pending, fromNewcomer])
  t.equal((await eventsOf(client, stream)).length, 7)
})
