import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { sendUnaryData, ServerDuplexStream } from '@grpc/grpc-js'
import subscriptions from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
import type { GetInfoResp, ReadReq, ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
import { until } from '../harness/until.js'
import { openScriptedServer } from './scripted-server.js'
import { groupSettings, openFor } from './things.js'

/** A server that confirms subscriptions and keeps what it is sent: what travels cannot be seen at a store. */
async function openEar (t: { teardown (action: () => void): void }): Promise<{ connectionString: string, heard: ReadReq[], endCall: () => void }> {
  const heard: ReadReq[] = []
  let present: ServerDuplexStream<ReadReq, ReadResp> | undefined
  const { connectionString } = await openScriptedServer(t, {
    groups: {
      getInfo (_: unknown, answer: sendUnaryData<GetInfoResp>) {
        const response = new subscriptions.GetInfoResp()
        response.setSubscriptionInfo(new subscriptions.SubscriptionInfo())
        answer(null, response)
      },
      read (call: ServerDuplexStream<ReadReq, ReadResp>) {
        present = call
        call.on('data', (request: ReadReq) => {
          if (!request.hasOptions()) {
            heard.push(request)
            return
          }
          const response = new subscriptions.ReadResp()
          response.setSubscriptionConfirmation(new subscriptions.ReadResp.SubscriptionConfirmation())
          call.write(response)
        })
      }
    }
  })
  return { connectionString, heard, endCall: () => present?.end() }
}

const ids = (request: ReadReq | undefined): string[] => {
  const list = request?.hasAck() === true ? request.getAck()?.getIdsList() : request?.getNack()?.getIdsList()
  return (list ?? []).map(id => id.getString())
}

t.test('what is acknowledged in one tick travels together, some hundred ids a message', async t => {
  const { connectionString, heard } = await openEar(t)
  const { store } = openFor(t, connectionString)
  const subscription = store.subscribe({ stream: 'Thing', group: 'UniStream', settings: groupSettings(), bufferSize: 10, onDelivery: () => undefined })
  await until(() => subscription.standing)
  const first = Array.from({ length: 1200 }, () => randomUUID())
  for (const id of first.slice(0, 1000)) subscription.ack(id)
  subscription.ack(first.slice(1000))
  await until(() => heard.flatMap(ids).length === 1200)
  t.strictSame(heard.map(request => ids(request).length), [500, 500, 200])
  t.strictSame(heard.flatMap(ids), first)

  const alone = randomUUID()
  subscription.ack(alone)
  await until(() => heard.length === 4)
  t.strictSame(ids(heard[3]), [alone])
})

t.test('nacks of one action and reason travel together', async t => {
  const { connectionString, heard } = await openEar(t)
  const { store } = openFor(t, connectionString)
  const subscription = store.subscribe({ stream: 'Thing', group: 'UniStream', settings: groupSettings(), bufferSize: 10, onDelivery: () => undefined })
  await until(() => subscription.standing)
  const [a, b, c, d] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const
  subscription.nack('park', 'unknown command', a)
  subscription.nack('retry', 'not yet', b)
  subscription.nack('park', 'unknown command', [c])
  subscription.nack('park', 'unknown event', d)
  await until(() => heard.length === 3)
  const { PARK, RETRY } = subscriptions.ReadReq.Nack.Action
  t.strictSame(heard.map(request => [request.getNack()?.getAction(), request.getNack()?.getReason(), ids(request)]),
    [[PARK, 'unknown command', [a, c]], [RETRY, 'not yet', [b]], [PARK, 'unknown event', [d]]])
})

t.test('an id that is none is not sent: the server would ignore all later acks without a word', async t => {
  const { connectionString, heard } = await openEar(t)
  const { store, log } = openFor(t, connectionString)
  const subscription = store.subscribe({ stream: 'Thing', group: 'UniStream', settings: groupSettings(), bufferSize: 10, onDelivery: () => undefined })
  await until(() => subscription.standing)
  const good = randomUUID()
  subscription.ack(['', good, 'rubbish'])
  await until(() => heard.length === 1)
  t.strictSame(ids(heard[0]), [good])
  t.match(log.lines.filter(({ level }) => level === 'error'), [{ details: { ids: ['', 'rubbish'] } }])
})

t.test('a call that the server ends in good order is taken up again, and acks in between are dropped', async t => {
  const { connectionString, heard, endCall } = await openEar(t)
  const { store } = openFor(t, connectionString)
  const losses: string[] = []
  let confirmations = 0
  const subscription = store.subscribe({
    stream: 'Thing',
    group: 'UniStream',
    settings: groupSettings(),
    bufferSize: 10,
    onConfirmed: () => { confirmations++ },
    onDelivery: () => undefined,
    onLost: ({ trouble }) => {
      losses.push(trouble)
      subscription.ack(randomUUID())
    }
  })
  await until(() => confirmations === 1)
  endCall()
  await until(() => confirmations === 2)
  t.strictSame(losses, ['ended'])
  const late = randomUUID()
  subscription.ack(late)
  await until(() => heard.length === 1)
  t.strictSame(ids(heard[0]), [late])
})

t.test('a server that never confirms: given up when the limit is over, and asked again', async t => {
  let calls = 0
  const { connectionString } = await openScriptedServer(t, {
    groups: {
      getInfo (_: unknown, answer: sendUnaryData<GetInfoResp>) {
        const response = new subscriptions.GetInfoResp()
        response.setSubscriptionInfo(new subscriptions.SubscriptionInfo())
        answer(null, response)
      },
      read (call: ServerDuplexStream<ReadReq, ReadResp>) {
        calls++
        call.on('data', () => {
          if (calls < 3) return
          const response = new subscriptions.ReadResp()
          response.setSubscriptionConfirmation(new subscriptions.ReadResp.SubscriptionConfirmation())
          call.write(response)
        })
      }
    }
  })
  const { store } = openFor(t, connectionString, 0.2)
  const losses: string[] = []
  const subscription = store.subscribe({
    stream: 'Thing',
    group: 'UniStream',
    settings: groupSettings(),
    bufferSize: 10,
    onDelivery: () => undefined,
    onLost: ({ trouble }) => { losses.push(trouble) }
  })
  await until(() => subscription.standing)
  t.strictSame(losses, ['timeout', 'timeout'])
  t.equal(calls, 3)
})
