import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import t from 'tap'
import { commandRoutes } from '../../lib/http/index.js'
import { defineCounter } from '../harness/counter.js'

const comId = randomUUID()
const aggId = randomUUID()

t.test('a connection that is answered while the server closes is not kept', async (t) => {
  const { commands } = defineCounter('Counter')
  const outcome = { status: 'succeeded', aggregate: 'Counter', aggId, comId, revision: 0n, events: [] } as const
  let beforeAnswer = async (): Promise<void> => {}
  const send = async () => {
    await beforeAnswer()
    return { outcome, replayed: false }
  }
  const app = fastify()
  await app.register(commandRoutes, { senders: [{ commands, send, find: async () => outcome }] })
  const closing = new EventEmitter()
  const begun = once(closing, 'begun')
  // In a scope of its own after that of the routes, so that their hook has run.
  await app.register(async (later) => { later.addHook('preClose', async () => { closing.emit('begun') }) })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => { agent.destroy() })
  const { port } = app.server.address() as AddressInfo

  t.match(await post(agent, port), { statusCode: 201, headers: { connection: 'keep-alive' } })
  let closed: Promise<void> | undefined
  beforeAnswer = async () => {
    closed = app.close()
    await begun
  }
  t.match(await post(agent, port), { statusCode: 201, headers: { connection: 'close' } })
  await closed
})

t.test('while callers wait, the server that closes listens on, and refuses', async (t) => {
  const { commands } = defineCounter('Counter')
  const app = fastify()
  const closing = new EventEmitter()
  const begun = once(closing, 'begun')
  let end = (): void => {}
  const refused = async () => {
    closing.emit('begun')
    await new Promise<void>((resolve) => { end = resolve })
  }
  const outcome = { status: 'open', aggregate: 'Counter', aggId, comId } as const
  await app.register(commandRoutes, { senders: [{ commands, send: async () => ({ outcome, replayed: false }), find: async () => outcome }], refused })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => { agent.destroy() })
  const { port } = app.server.address() as AddressInfo
  t.match(await post(agent, port), { statusCode: 202, headers: { connection: 'keep-alive' } })
  const closed = app.close()
  await begun
  t.match(await post(agent, port), { statusCode: 503, headers: { connection: 'close' } }, 'on a connection that was kept')
  t.match(await post(agent, port), { statusCode: 503, headers: { connection: 'close' } }, 'and on a new one')
  end()
  await closed
  await t.rejects(post(agent, port), { code: 'ECONNREFUSED' })
})

async function post (agent: Agent, port: number): Promise<IncomingMessage> {
  const path = `/Counter/Start/${comId}?aggId=${aggId}`
  const asked = request({ agent, port, method: 'POST', path, headers: { 'content-type': 'application/json' } }).end('{}')
  const [answer] = await once(asked, 'response') as [IncomingMessage]
  await once(answer.resume(), 'end')
  return answer
}
