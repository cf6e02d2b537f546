import t from 'tap'
import { status } from '@grpc/grpc-js'
import type { sendUnaryData, ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js'
import subscriptions from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
import type { GetInfoResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js'
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import type { BatchAppendReq, BatchAppendResp, ReadReq, ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { openScriptedServer, refusal } from './scripted-server.js'
import { groupSettings, openFor, portOf, things } from './things.js'

type BatchAppendCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>
type StreamCall = ServerWritableStream<ReadReq, ReadResp>
const read = { direction: 'forwards', from: 'start', count: 1 } as const

/** Ends each call with an error as soon as something has come by it. */
function refuse (error: Error) {
  return (call: BatchAppendCall): void => { call.once('data', () => call.emit('error', error)) }
}

t.test('who may not make the call is told so: surely not written', async t => {
  for (const code of [status.UNAUTHENTICATED, status.PERMISSION_DENIED]) {
    const { connectionString } = await openScriptedServer(t, { streams: { batchAppend: refuse(refusal(code, 'access-denied')) } })
    const { store } = openFor(t, connectionString)
    t.match(await store.append('Thing', 'any', things(1)), { kind: 'rejected', reason: 'access_denied', error: /check the user and the password/ })
  }
})

t.test('a server that has no such call', async t => {
  const { connectionString } = await openScriptedServer(t, {})
  const { store } = openFor(t, connectionString)
  t.match(await store.append('Thing', 'any', things(1)), { kind: 'unavailable', error: /UNIMPLEMENTED/ })
})

t.test('once an answer was given, nobody knows why the call ended', async t => {
  const { connectionString } = await openScriptedServer(t, {
    streams: {
      batchAppend (call: BatchAppendCall) {
        call.once('data', (request: BatchAppendReq) => {
          const success = new streams.BatchAppendResp.Success()
          success.setCurrentRevision('0')
          const response = new streams.BatchAppendResp()
          response.setCorrelationId(request.getCorrelationId())
          response.setSuccess(success)
          call.write(response)
          call.once('data', () => call.emit('error', refusal(status.PERMISSION_DENIED, 'access-denied')))
        })
      }
    }
  })
  const { store } = openFor(t, connectionString)
  t.strictSame(await store.append('Thing', 'any', things(1)), { kind: 'written', revision: 0n })
  t.match(await store.append('Thing', 'any', things(1)), { kind: 'unknown', error: { trouble: 'access_denied' } })
  t.strictSame(await store.append('Thing', 'any', things(1)), { kind: 'written', revision: 0n }, 'by a call of its own')
})

t.test('a call that the server ends in good order, with an append under way', async t => {
  const { connectionString } = await openScriptedServer(t, { streams: { batchAppend (call: BatchAppendCall) { call.once('data', () => call.end()) } } })
  const { store } = openFor(t, connectionString)
  t.match(await store.append('Thing', 'any', things(1)), { kind: 'unknown', error: { trouble: 'ended' } })
  t.match(await store.append('Thing', 'any', things(1)), { kind: 'unknown', error: { trouble: 'ended' } })
})

t.test('a node that is not the leader names it, and the next call goes there', async t => {
  const { connectionString } = await openStore(t)
  const notLeader = refusal(status.NOT_FOUND, 'not-leader', { 'leader-endpoint-host': '127.0.0.1', 'leader-endpoint-port': String(portOf(connectionString)) })
  const follower = await openScriptedServer(t, {
    streams: { batchAppend: refuse(notLeader), read (call: StreamCall) { call.emit('error', notLeader) } },
    groups: { getInfo (_: unknown, answer: sendUnaryData<GetInfoResp>) { answer(notLeader) } }
  })
  const stream = uniqueType('Leader')
  const appending = openFor(t, follower.connectionString).store
  t.match(await appending.append(stream, 'any', things(1)), { kind: 'unknown' })
  t.match(await appending.append(stream, 'any', things(1)), { kind: 'written' })

  const reading = openFor(t, follower.connectionString).store
  await t.rejects(reading.read(stream, read), { code: 'UNISTREAM_STORE_UNAVAILABLE', cause: { trouble: 'unavailable' } })
  t.match(await reading.read(stream, read), { head: 0n })

  const subscribing = openFor(t, follower.connectionString).store
  const subscription = subscribing.subscribe({ stream, group: 'UniStream', settings: groupSettings(), bufferSize: 10, onDelivery: () => undefined })
  await until(() => subscription.standing)
})

t.test('a refusal that the official client stumbles over does no harm', async t => {
  const { connectionString } = await openScriptedServer(t, {
    streams: { batchAppend: refuse(refusal(status.NOT_FOUND, 'not-leader')), read (call: StreamCall) { call.emit('error', refusal(status.NOT_FOUND, 'not-leader')) } }
  })
  const { store } = openFor(t, connectionString)
  for (let attempt = 0; attempt < 3; attempt++) {
    t.match(await store.append('Thing', 'any', things(1)), { kind: 'unknown' })
    await t.rejects(store.read('Thing', read), { code: 'UNISTREAM_STORE_UNAVAILABLE' })
  }
})

t.test('a user who may not read', async t => {
  const { connectionString } = await openScriptedServer(t, { streams: { read (call: StreamCall) { call.emit('error', refusal(status.PERMISSION_DENIED, 'access-denied')) } } })
  const { store } = openFor(t, connectionString)
  await t.rejects(store.read('Thing', read), { code: 'UNISTREAM_STORE_UNAVAILABLE', cause: { trouble: 'access_denied', message: /Reading stream Thing failed.*check the user/ } })
})

t.test('a user who may not make groups: no failure where the group exists, else said with what to do', async t => {
  const denied = refusal(status.PERMISSION_DENIED, 'access-denied')
  const { connectionString } = await openScriptedServer(t, {
    groups: {
      create (_: unknown, answer: sendUnaryData<never>) { answer(denied) },
      getInfo ({ request }: { request: { getOptions (): { getGroupName (): string } } }, answer: sendUnaryData<GetInfoResp>) {
        const group = request.getOptions().getGroupName()
        if (group === 'hidden') return answer(denied)
        if (group !== 'there') return answer(refusal(status.NOT_FOUND, 'persistent-subscription-does-not-exist'))
        const response = new subscriptions.GetInfoResp()
        response.setSubscriptionInfo(new subscriptions.SubscriptionInfo())
        answer(null, response)
      }
    }
  })
  const { store } = openFor(t, connectionString)
  t.equal(await store.ensureGroup('Thing', 'there', groupSettings()), 'existed')
  for (const group of ['missing', 'hidden']) {
    await t.rejects(store.ensureGroup('Thing', group, groupSettings()),
      { code: 'UNISTREAM_STORE_UNAVAILABLE', cause: { trouble: 'access_denied', message: /may not make it: let a user of the groups \$admins or \$ops make it/ } })
  }
})

t.test('a group that exists, but may not be looked at', async t => {
  const { connectionString } = await openScriptedServer(t, {
    groups: {
      create (_: unknown, answer: sendUnaryData<never>) { answer(refusal(status.ALREADY_EXISTS, 'persistent-subscription-exists')) },
      getInfo (_: unknown, answer: sendUnaryData<never>) { answer(refusal(status.PERMISSION_DENIED, 'access-denied')) }
    }
  })
  const { store } = openFor(t, connectionString)
  t.equal(await store.ensureGroup('Thing', 'there', groupSettings()), 'existed')
})

t.test('a category projection that is missing, and one that cannot be asked for', async t => {
  const answering = async (error: Error): Promise<string> => {
    const { connectionString } = await openScriptedServer(t, { projections: { statistics (call: StreamCall) { call.emit('error', error) } } })
    return await openFor(t, connectionString).store.categoryProjection()
  }
  t.equal(await answering(refusal(status.NOT_FOUND)), 'missing')
  t.equal(await answering(refusal(status.PERMISSION_DENIED, 'access-denied')), 'unknown')
  t.equal(await answering(refusal(status.UNIMPLEMENTED)), 'unknown')
  const { connectionString } = await openScriptedServer(t, { projections: { statistics (call: StreamCall) { call.end() } } })
  t.equal(await openFor(t, connectionString).store.categoryProjection(), 'missing')
})
