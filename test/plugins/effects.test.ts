import { randomUUID } from 'node:crypto'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { sender } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { openStore } from '../harness/store.js'
import { until } from '../harness/until.js'
import { newApp, openWith } from './apps.js'

t.test('hostname names the sender\'s group, which is gone after an orderly close', async (t) => {
  const { app, client, type } = await openWith(t, { KURRENT_HOSTNAME: 'node-7' })
  t.match(await client.getPersistentSubscriptionToStreamInfo(`$ce-${type}`, `${type}-node-7`), { connections: [{}] })
  await app.close()
  await t.rejects(client.getPersistentSubscriptionToStreamInfo(`$ce-${type}`, `${type}-node-7`))
})

t.test('keepGroup keeps it', async (t) => {
  const { app, client, type } = await openWith(t, { KURRENT_HOSTNAME: 'node-7', KURRENT_KEEP_GROUP: 'true' })
  await app.close()
  t.match(await client.getPersistentSubscriptionToStreamInfo(`$ce-${type}`, `${type}-node-7`), { connections: [] })
})

t.test('messageTimeout and buffer are those of the workers\' group', async (t) => {
  const { client, type } = await openWith(t, { KURRENT_MESSAGE_TIMEOUT: '7', KURRENT_BUFFER: '33' })
  const { settings, connections } = await client.getPersistentSubscriptionToStreamInfo(type, 'UniStream')
  t.equal(settings.messageTimeout, 7000)
  t.equal(Number(connections[0]!.availableSlots) + Number(connections[0]!.inFlightMessages), 33)
})

t.test('deadline is when a caller hears that its command is still open', async (t) => {
  const { Start } = await openWith(t, { COMMAND_DEADLINE: '0.05' }, { worker: false })
  t.match(await Start({ aggId: randomUUID(), comId: randomUUID(), command: {} }), { status: 'open' })
})

for (const name of ['COMMAND_COUNTER_WAITERS', 'COMMAND_IN_FLIGHT']) {
  t.test(`${name} is how much a sender takes at a time`, async (t) => {
    const { Start } = await openWith(t, { [name]: '2', COMMAND_DEADLINE: '0.5' }, { worker: false })
    const start = () => Start({ aggId: randomUUID(), comId: randomUUID(), command: {} })
    const held = [start(), start()]
    await t.rejects(start(), { code: 'UNISTREAM_OVERLOADED', retryAfter: 1 })
    t.match(await Promise.all(held), [{ status: 'open' }, { status: 'open' }])
  })
}

for (const { variable, value, size, held } of [
  { variable: 'COMMAND_BATCH_COUNT', value: '2', size: 1, held: 2 },
  { variable: 'COMMAND_COUNTER_BATCH_COUNT', value: '5', size: 1, held: 5 },
  { variable: 'COMMAND_BATCH_BYTES', value: '2048', size: 600, held: 2 },
  { variable: 'COMMAND_COUNTER_BATCH_BYTES', value: '4096', size: 600, held: 5 }
]) {
  t.test(`${variable}=${value} is how much travels in one append: ${held} of ${size} bytes`, async (t) => {
    const { app, client, embedded, type, Refuse } = await openWith(t, { [variable]: value, KURRENT_DRAIN_TIME: '0' })
    if (embedded === undefined) {
      t.pass('needs a fault')
      return
    }
    // The next batch waits for the answer to this one.
    const lost = embedded.faults.loseAnswer(type, 'withheld')
    const all = Array.from({ length: 6 }, () => Refuse({ aggId: randomUUID(), comId: randomUUID(), command: { details: 'x'.repeat(size) } }))
    await lost
    let stand = 0
    for await (const { event } of client.readStream(type)) if (event !== undefined) stand++
    t.equal(stand, held)
    await Promise.allSettled([app.close(), ...all])
  })
}

for (const { interval, status } of [{ interval: '15', status: 200 }, { interval: '0', status: 404 }]) {
  t.test(`COMMAND_INTERVAL=${interval}: whether an outcome is still in memory when it has left the store`, async (t) => {
    const { app, client, type, Start } = await openWith(t, { COMMAND_INTERVAL: interval })
    const aggId = randomUUID()
    const comId = randomUUID()
    t.match(await Start({ aggId, comId, command: {} }), { status: 'succeeded' })
    await client.deleteStream(`${type}-${aggId}`)
    const url = `/${type}/Start/${comId}?aggId=${aggId}`
    // 202 until the workers' group has moved its checkpoint.
    const answer = await until(async () => {
      const answer = await app.inject(url)
      return answer.statusCode !== 202 && answer
    })
    t.equal(answer.statusCode, status)
  })
}

for (const announce of ['true', 'false']) {
  t.test(`ANNOUNCE=${announce}: whether there is something for the original's senders`, async (t) => {
    const { client, type, Start } = await openWith(t, { ANNOUNCE: announce })
    const comId = randomUUID()
    const aggId = randomUUID()
    await Start({ aggId, comId, command: {} })
    await Start({ aggId, comId: randomUUID(), command: {} })
    const idOfFirst = async (stream: string) => {
      const { value } = await client.readStream(stream, { maxCount: 1 })[Symbol.asyncIterator]().next().catch(() => ({ value: undefined }))
      return (value as { event?: { id: string } } | undefined)?.event?.id
    }
    if (announce === 'true') {
      t.equal(await until(() => idOfFirst(`${type}-Duplicate`)), comId)
      t.ok(await until(() => idOfFirst(`${type}-Fail`)))
    } else {
      t.equal(await idOfFirst(`${type}-Duplicate`), undefined)
      t.equal(await idOfFirst(`${type}-Fail`), undefined)
    }
  })
}

t.test('a projection that does not run is said, with the way to mend it, and seen when it runs again', async (t) => {
  const { connectionString, embedded } = await openStore(t)
  if (embedded === undefined) {
    t.pass('not on a server that others use')
    return
  }
  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  await client.disableProjection('$by_category')
  const { app, lines } = newApp(t)
  await app.register(sender, { aggregates: [defineCounter('Counter').commands], kurrent: { host: connectionString } })
  await app.ready()
  await until(() => app.unistream.readiness().warnings.length > 0)
  t.match(app.unistream.readiness().warnings, [/\$by_category is stopped/])
  t.match(lines.find(({ level }) => level === 50), { msg: /\$by_category is stopped, so outcomes come late: .*enable \$by_category once/ })
})
