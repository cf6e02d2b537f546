import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { commandRoutes } from '../../lib/http/index.js'
import { sender } from '../../lib/index.js'
import type { SenderOptions } from '../../lib/index.js'
import { defineCounter } from '../harness/counter.js'
import { openStage, problemOf } from './stage.js'

const comId = randomUUID()
const aggId = randomUUID()

/** An application that has routes and no worker, on a store that nobody asks. */
async function routesOnly (t: { teardown (action: () => Promise<void>): void }, options: Partial<SenderOptions>, before?: (app: FastifyInstance) => void) {
  const app = fastify()
  t.teardown(() => app.close())
  before?.(app)
  await app.register(sender, {
    aggregates: [defineCounter('Counter').commands], kurrent: { host: 'kurrentdb://127.0.0.1:1?tls=false' }, command: { deadline: 0.05 }, ...options
  })
  return app
}

const ask = (app: FastifyInstance, path: string, headers = {}) => app.inject({
  method: 'POST', url: `${path}?aggId=${aggId}`, payload: {}, headers
})

t.test('the routes stand under the prefix, and so does what they answer of unknown ones', async (t) => {
  const stage = await openStage(t, { sender: () => ({ prefix: '/bank/v1' }) })
  const answer = await stage.post('Start', comId, {})
  t.equal(answer.statusCode, 201)
  t.equal(answer.headers.location, `/bank/v1/${stage.type}/Start/${comId}?aggId=${stage.aggId}`)
  t.equal((await stage.app.inject(answer.headers.location!)).statusCode, 200)
  problemOf(t, await ask(stage.app, `/bank/v1/Nothing/Start/${comId}`), 404, 'UNISTREAM_COMMAND_UNKNOWN')
  const outside = await ask(stage.app, `/${stage.type}/Start/${comId}`)
  t.equal(outside.statusCode, 404)
  t.match(outside.headers['content-type'], /^application\/json/, 'the application\'s own')
})

t.test('a prefix around the plugin stays in where to ask', async (t) => {
  const stage = await openStage(t, { server: { rewriteUrl: (request) => request.url!.replace('/outside', '') } })
  const answer = await stage.app.inject({ method: 'POST', url: `/outside/${stage.type}/Start/${comId}?aggId=${aggId}`, payload: {} })
  t.equal(answer.headers.location, `/outside/${stage.type}/Start/${comId}?aggId=${aggId}`)
})

t.test('the rest of the application stays as it is', async (t) => {
  const app = await routesOnly(t, {}, (app) => {
    app.setNotFoundHandler(async (_request, reply) => reply.code(404).send('my own'))
    app.post('/text', async (request) => ({ got: request.body }))
    app.post('/coerced', { schema: { body: { type: 'object', properties: { n: { type: 'number', default: 7 } } } } }, async (request) => request.body)
    app.get('/failing', async () => { throw new Error('of my own') })
    app.get('/a/b', async () => 'two parts')
  })
  t.equal((await app.inject('/nothing')).body, 'my own')
  t.equal((await app.inject({ method: 'PUT', url: `/Counter/Start/${comId}` })).body, 'my own')
  t.strictSame((await app.inject({ method: 'POST', url: '/text', payload: 'hello', headers: { 'content-type': 'text/plain' } })).json(), { got: 'hello' })
  t.strictSame((await app.inject({ method: 'POST', url: '/coerced', payload: { n: '5' } })).json(), { n: 5 })
  t.strictSame((await app.inject({ method: 'POST', url: '/coerced', payload: {} })).json(), { n: 7 })
  t.match((await app.inject('/failing')).json(), { statusCode: 500, message: 'of my own' })
  t.equal((await app.inject('/a/b')).body, 'two parts')
})

t.test('without routes there are none', async (t) => {
  for (const routes of [false, { Counter: false }] as const) {
    const app = await routesOnly(t, { routes })
    t.equal((await ask(app, `/Counter/Start/${comId}`)).statusCode, 404)
  }
  const app = await routesOnly(t, { routes: { Counter: { commands: { Start: false } } } })
  problemOf(t, await ask(app, `/Counter/Start/${comId}`), 404, 'UNISTREAM_COMMAND_UNKNOWN')
  t.equal((await ask(app, `/Counter/AddTwice/${comId}`)).statusCode, 400)
})

t.test('the user\'s own hooks come before the command is looked at, and their errors are problem documents', async (t) => {
  const app = await routesOnly(t, {}, (app) => {
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['x-case'] === 'reply-code') {
        reply.code(401)
        throw new Error('Who are you?')
      }
      const errors: Record<string, unknown> = {
        coded: Object.assign(new Error('Not you'), { statusCode: 403, code: 'NOT_YOU' }),
        spelt: Object.assign(new Error('Not now'), { statusCode: 403, code: 'not-now' }),
        silent: Object.assign(new Error(''), { statusCode: 403 }),
        limited: Object.assign(new Error('Too fast'), { statusCode: 429, headers: { 'retry-after': '17' } }),
        busy: Object.assign(new Error('secret host'), { statusCode: 503 }),
        broken: new Error('secret of the inside'),
        odd: Object.assign(new Error('secret'), { statusCode: 999 }),
        text: 'secret text'
      }
      const name = String(request.headers['x-case'])
      if (name in errors) throw errors[name]
    })
    app.addHook('preHandler', async (request) => {
      if (request.headers['x-case'] === 'late') throw Object.assign(new Error('late'), { statusCode: 418 })
    })
  })
  const path = '/Counter/Start/no-id'
  const cases: Array<[string, number, string, RegExp]> = [
    ['reply-code', 401, 'UNAUTHORIZED', /Who are you\?/],
    ['coded', 403, 'NOT_YOU', /Not you/],
    ['spelt', 403, 'FORBIDDEN', /Not now/],
    ['silent', 403, 'FORBIDDEN', /Forbidden/],
    ['limited', 429, 'TOO_MANY_REQUESTS', /Too fast/],
    ['busy', 503, 'SERVICE_UNAVAILABLE', /could not answer/],
    ['broken', 500, 'UNISTREAM_INTERNAL', /could not answer/],
    ['odd', 500, 'UNISTREAM_INTERNAL', /could not answer/],
    ['text', 500, 'UNISTREAM_INTERNAL', /could not answer/],
    ['late', 400, 'UNISTREAM_COMMAND_INVALID', /does not fit/],
  ]
  for (const [name, status, code, detail] of cases) {
    const answer = await ask(app, path, { 'x-case': name })
    const problem = problemOf(t, answer, status, code)
    t.match(problem['detail'], detail, name)
    t.notMatch(answer.body, /secret/)
    if (name === 'limited') t.equal(answer.headers['retry-after'], '17')
    if (name === 'busy') t.equal(answer.headers['retry-after'], '1')
  }
  problemOf(t, await ask(app, `/Counter/Start/${comId}`, { 'x-case': 'late' }), 418, 'I_M_A_TEAPOT')
})

t.test('options of routes: for all, for an aggregate type, for a command; hooks one after the other', async (t) => {
  const mark = (name: string) => async (_request: unknown, reply: { header (name: string, value: string): unknown, getHeader (name: string): unknown }) => {
    reply.header('x-marks', [reply.getHeader('x-marks'), name].flat().filter(Boolean).join(' '))
  }
  const app = await routesOnly(t, {
    routeOptions: { onRequest: mark('all'), config: { a: 1, b: 1 } as object, bodyLimit: 1000 },
    routes: {
      Counter: {
        routeOptions: { onRequest: [mark('type'), mark('type2')], config: { b: 2 } as object },
        commands: { Start: { routeOptions: { onRequest: mark('command'), preValidation: mark('check'), bodyLimit: 5 } } }
      }
    }
  }, (app) => {
    app.addHook('onRequest', async (request, reply) => { reply.header('x-config', JSON.stringify(request.routeOptions.config)) })
  })
  const start = await ask(app, '/Counter/Start/x')
  t.equal(start.headers['x-marks'], 'all type type2 command check')
  t.match(JSON.parse(start.headers['x-config'] as string), { a: 1, b: 2 })
  const add = await ask(app, '/Counter/Add/x')
  t.equal(add.headers['x-marks'], 'all type type2')
  t.equal((await ask(app, '/Counter/Nothing/x')).headers['x-marks'], 'all', 'unknown ones too: nobody learns which there are')
  t.equal((await app.inject('/Counter/Start/x')).headers['x-marks'], 'all type type2 command check')
  const large = (command: string) => app.inject({ method: 'POST', url: `/Counter/${command}/x`, payload: { how: 'much' } })
  problemOf(t, await large('Start'), 413, 'UNISTREAM_COMMAND_TOO_LARGE')
  problemOf(t, await large('Add'), 400, 'UNISTREAM_COMMAND_INVALID')
})

t.test('options of routes that cannot be, and names that are misspelt, stop start-up', async (t) => {
  const cases: Array<[object, RegExp]> = [
    [{ routes: { Conter: {} } }, /routes\.Conter: expected one of Counter/],
    [{ routes: { Counter: { comands: {} } } }, /routes\.Counter\.comands/],
    [{ routes: { Counter: { commands: { Strat: {} } } } }, /routes\.Counter\.commands\.Strat: expected one of Start, Add/],
    [{ routes: { Counter: { commands: { toString: {} } } } }, /routes\.Counter\.commands\.toString/],
    [{ routes: { Counter: { commands: { Start: { event: true } } } } }, /routes\.Counter\.commands\.Start\.event/],
    [{ routeOptions: { errorHandler: () => undefined } }, /routeOptions\.errorHandler/],
    [{ routes: { Counter: { routeOptions: { validatorCompiler: () => undefined } } } }, /routes\.Counter\.routeOptions\.validatorCompiler/],
    [{ routes: { Counter: { commands: { Start: { routeOptions: { attachValidation: true } } } } } }, /Start\.routeOptions\.attachValidation/],
  ]
  for (const [options, message] of cases) {
    await t.rejects(routesOnly(t, options), { code: 'UNISTREAM_SETTING_UNKNOWN', message })
  }
  for (const Counter of [{}, undefined, { commands: { Start: undefined } }]) {
    const app = await routesOnly(t, { routes: { Counter } })
    t.ok(app.hasRoute({ method: 'POST', url: '/Counter/Start/:comId' }))
  }
})

t.test('while the store is away: 503, when to try again, and nothing of the inside', async (t) => {
  const app = await routesOnly(t, {})
  await app.ready()
  for (const answer of [await ask(app, `/Counter/Start/${comId}`), await app.inject(`/Counter/Start/${comId}?aggId=${aggId}`)]) {
    problemOf(t, answer, 503, 'UNISTREAM_STORE_UNAVAILABLE')
    t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
    t.notMatch(answer.body, /127\.0\.0\.1|ECONN/)
  }
})

t.test('a hook that spoils the body is found out', async (t) => {
  const { app, type, aggId } = await openStage(t, {
    sender: () => ({ routeOptions: { preHandler: async (request) => { request.body = { by: 'much' } } } })
  })
  const answer = await app.inject({ method: 'POST', url: `/${type}/Add/${comId}?aggId=${aggId}`, payload: { by: 1 } })
  const problem = problemOf(t, answer, 400, 'UNISTREAM_COMMAND_INVALID')
  t.match(problem['errors'], [{ in: 'body', pointer: '/by', rule: 'type' }])
})

t.test('a revision that a JSON number cannot hold exactly is written as a text', async (t) => {
  const { commands } = defineCounter('Counter')
  for (const [revision, written] of [[2n ** 53n - 1n, 2 ** 53 - 1], [2n ** 53n + 1n, '9007199254740993']] as const) {
    const outcome = { status: 'succeeded', aggregate: 'Counter', aggId, comId, revision, events: [] } as const
    const app = fastify()
    await app.register(commandRoutes, {
      senders: [{ commands, send: async () => ({ outcome, replayed: false }), find: async () => outcome }]
    })
    t.equal((await ask(app, `/Counter/Start/${comId}`)).json<{ revision: unknown }>().revision, written)
  }
})
