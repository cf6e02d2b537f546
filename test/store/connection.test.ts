import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import { Store } from '../../lib/store/index.js'
import { bare } from '../harness/bare.js'
import { compiled } from '../harness/compiled.js'
import { recordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { groupSettings, operator, things } from './things.js'

t.test('a connection string that cannot be used is told without it', async t => {
  for (const connectionString of ['kurrentdb://ann:s3cret@', 'nonsense://ann:s3cret@host', 'kurrentdb://ann:s3cret@host:port?tls=maybe']) {
    try {
      Store.open({ connectionString, callLimit: 1 }, recordingLog())
      t.fail('must be refused')
    } catch (error) {
      t.match(error, { code: 'UNISTREAM_SETTING_INVALID', message: /KURRENT_HOST/ })
      t.notMatch(JSON.stringify([error, (error as Error).message, (error as Error).stack, (error as Error).cause]), /s3cret/)
    }
  }
})

t.test('a given client is used, and left as it is', async t => {
  const { connectionString } = await openStore(t)
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  const stream = `${uniqueType('Given')}-1`
  const store = Store.over(client, { callLimit: 10 }, recordingLog())
  t.strictSame(await store.append(stream, 'no_stream', things(1)), { kind: 'written', revision: 0n })
  await store.close()
  t.match(await client.appendToStream(stream, [], { streamState: 'any' }).catch(error => error), { success: true })
  const again = Store.over(client, { callLimit: 10 }, recordingLog())
  t.strictSame(await again.append(stream, 0n, things(1)), { kind: 'written', revision: 1n })
  await again.close()
})

t.test('the connection has its name at the server', async t => {
  const { connectionString } = await openStore(t)
  const store = Store.open({ connectionString, callLimit: 10, connectionName: 'worker of Ann & Bob' }, recordingLog())
  t.teardown(() => store.close())
  const stream = uniqueType('Named')
  const subscription = store.subscribe({ stream, group: 'UniStream', settings: groupSettings(), bufferSize: 10, onDelivery: () => undefined })
  await until(() => subscription.standing)
  const { connections } = await operator(t, connectionString).getPersistentSubscriptionToStreamInfo(stream, 'UniStream')
  t.match(connections, [{ connectionName: 'worker of Ann & Bob' }])
})

t.test('once closed, it keeps no process alive', async t => {
  const { connectionString } = await openStore(t)
  const program = join(await compiled(t, ['test/harness', 'test/store']), 'test/store/closing-process.js')
  const child = spawn(...bare(process.execPath, program, connectionString, uniqueType('Exit')), { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.on('data', data => { said += String(data) })
  t.strictSame(await once(child, 'exit'), [0, null])
  t.equal(said, 'closed')
})

t.test('closed twice', async t => {
  const { connectionString } = await openStore(t)
  const store = Store.open({ connectionString, callLimit: 10 }, recordingLog())
  await store.serverVersion()
  await Promise.all([store.close(), store.close()])
  await t.rejects(store.serverVersion(), { code: 'UNISTREAM_STORE_UNAVAILABLE' })
})
