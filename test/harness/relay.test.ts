import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { openRelay } from './relay.js'
import { until } from './until.js'

interface End { readonly socket: Socket, heard: string, ended: boolean }

function end (socket: Socket): End {
  const one: End = { socket, heard: '', ended: false }
  socket.on('data', data => { one.heard += data }).on('close', () => { one.ended = true }).on('error', () => {})
  return one
}

/** A server whose connections a test holds the ends of, behind a relay. */
async function scene (t: Test) {
  const served: End[] = []
  const server = createServer(socket => { served.push(end(socket)) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const relay = await openRelay((server.address() as AddressInfo).port)
  t.teardown(async () => {
    for (const { socket } of served) socket.destroy()
    await relay.close()
    server.close()
  })
  const dial = async (): Promise<{ client: End, server: End }> => {
    const client = end(connect(relay.port, '127.0.0.1'))
    const place = served.length
    await until(() => served.length > place)
    return { client, server: served[place]! }
  }
  return { relay, dial }
}

t.test('while requests are held, what the store says arrives, and what it is told waits', async t => {
  const { relay, dial } = await scene(t)
  const before = await dial()
  relay.holdRequests()
  const after = await dial()
  for (const { client, server } of [before, after]) {
    client.socket.write('asked')
    server.socket.write('told')
    await until(() => client.heard === 'told')
    t.equal(server.heard, '')
  }
  relay.release()
  await until(() => before.server.heard === 'asked' && after.server.heard === 'asked')
})

t.test('the store sees a stranded connection end; who made it sees that when it is released, and what was held is lost', async t => {
  const { relay, dial } = await scene(t)
  const { client, server } = await dial()
  relay.holdRequests()
  client.socket.write('never told')
  relay.strand()
  await until(() => server.ended)
  t.notOk(client.ended)
  relay.release()
  await until(() => client.ended)
  t.equal(server.heard, '')
  const next = await dial()
  next.client.socket.write('asked')
  await until(() => next.server.heard === 'asked')
})
