import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { PREFACE, settings } from '../fuzz/frames.js'
import { Consumer, numbered, settings as groupSettings } from './consumer.js'

t.setTimeout(120_000)

t.test('a peer that says nothing any more, not even to a ping, is let go; one that is only quiet is not', async (t) => {
  const store = await startEmbeddedStore()
  const client = KurrentDBClient.connectionString(store.connectionString)
  t.teardown(async () => {
    await client.dispose()
    await store.stop()
  })
  const stream = randomUUID()
  await client.createPersistentSubscriptionToStream(stream, 'group', groupSettings())
  const quiet = await Consumer.join(t, client, stream, 'group')

  const silent = connect(store.port, '127.0.0.1')
  silent.on('error', () => {})
  silent.write(Buffer.concat([PREFACE, settings]))
  silent.resume()
  await once(silent, 'close')

  await client.appendToStream(stream, numbered(1))
  t.equal((await quiet.received(1)).length, 1)
})
