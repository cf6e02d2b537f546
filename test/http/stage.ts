import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import type { FastifyInstance, FastifyServerOptions, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { sender, subscriber } from '../../lib/index.js'
import type { SenderOptions } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { openStore, uniqueType } from '../harness/store.js'
import type { OpenedStore } from '../harness/store.js'
import { until } from '../harness/until.js'

export interface Stage {
  readonly app: FastifyInstance
  readonly store: OpenedStore
  /** The name of the counters' aggregate type. */
  readonly type: string
  readonly aggId: string
  /** Sends a command of a counter. */
  post (command: string, comId: string, body: unknown, query?: string): Promise<LightMyRequestResponse>
  get (command: string, comId: string, query?: string): Promise<LightMyRequestResponse>
}

export interface StageOptions {
  /** Whether there is a worker; there is unless said. */
  worker?: boolean
  server?: FastifyServerOptions
  sender?: (type: string) => Partial<SenderOptions>
  /** Registered before the sender. */
  before?: (app: FastifyInstance) => Promise<void> | void
}

/** An application with a sender of counters and, unless told otherwise, a worker for them. */
export async function openStage (t: Test, options: StageOptions = {}): Promise<Stage> {
  const store = await openStore(t)
  const Counter = defineCounter(uniqueType('Counter'))
  const type = Counter.commands.name
  const app = fastify(options.server)
  t.teardown(() => app.close())
  await options.before?.(app)
  const own = options.sender?.(type) ?? {}
  const { kurrent, ...rest } = own
  const connection = { host: store.connectionString, drainTime: 2, ...kurrent }
  await app.register(sender, { aggregates: [Counter.commands], ...rest, kurrent: connection })
  if (options.worker !== false) await app.register(subscriber, { aggregates: [Counter] })
  await app.ready()
  await until(() => app.unistream.readiness().ready)
  const aggId = randomUUID()
  const prefix = rest.prefix ?? ''
  const url = (command: string, comId: string, query: string) => `${prefix}/${type}/${command}/${comId}${query}`
  return {
    app,
    store,
    type,
    aggId,
    post: (command, comId, body, query = `?aggId=${aggId}`) => app.inject({
      method: 'POST',
      url: url(command, comId, query),
      headers: { 'content-type': 'application/json' },
      payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
    }),
    get: (command, comId, query = `?aggId=${aggId}`) => app.inject({ method: 'GET', url: url(command, comId, query) })
  }
}

/** Checks that an answer is a problem document of this status and code, and gives it. */
export function problemOf (t: Test, answer: LightMyRequestResponse, status: number, code: string): Record<string, unknown> {
  t.equal(answer.statusCode, status)
  t.match(answer.headers['content-type'], /^application\/problem\+json/)
  const problem = answer.json<Record<string, unknown>>()
  t.match(problem, { type: 'about:blank', title: String, status, code, detail: String })
  return problem
}
