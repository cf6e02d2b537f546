import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import t from 'tap'
import { frameworkErrors } from '../../lib/index.js'
import { openStage, problemOf } from './stage.js'

t.test('a path that leads to no route is answered as any other bad request', async (t) => {
  const { app, type } = await openStage(t, { worker: false, server: { frameworkErrors } })
  const cases: Array<[path: string, rule: string]> = [
    [`/${type}/Start/${'a'.repeat(101)}`, 'maxLength'],
    [`/${'x'.repeat(101)}/Start/${randomUUID()}`, 'maxLength'],
    [`/${type}/Start/%zz`, 'uri'],
  ]
  for (const [path, rule] of cases) {
    for (const method of ['GET', 'POST'] as const) {
      const problem = problemOf(t, await app.inject({ method, url: `${path}?aggId=${randomUUID()}` }), 400, 'UNISTREAM_COMMAND_INVALID')
      t.match(problem['errors'], [{ in: 'path', pointer: '', rule, message: String }])
    }
  }
})

t.test('where the server takes longer ones, the id is what is wrong', async (t) => {
  const { app, type } = await openStage(t, { worker: false, server: { frameworkErrors, routerOptions: { maxParamLength: 1000 } } })
  const long = 'a'.repeat(101)
  const problem = problemOf(t, await app.inject({ method: 'GET', url: `/${type}/Start/${long}?aggId=${randomUUID()}` }), 400, 'UNISTREAM_COMMAND_INVALID')
  t.match(problem['errors'], [{ in: 'path', pointer: '/comId', rule: 'format' }])
  problemOf(t, await app.inject({ method: 'GET', url: `/${long}/Start/${randomUUID()}` }), 404, 'UNISTREAM_COMMAND_UNKNOWN')
})

t.test('whatever else Fastify finds before a route', async (t) => {
  const app = fastify({
    frameworkErrors,
    routerOptions: {
      constraints: {
        failing: {
          name: 'failing',
          storage: () => ({ get: () => null, set: () => {} }),
          deriveConstraint: (_request: unknown, _context: unknown, done: (error: Error) => void) => { done(new Error('of the inside')) }
        } as never
      }
    }
  })
  t.teardown(() => app.close())
  app.route({ method: 'GET', url: '/', constraints: { failing: 'x' }, handler: async () => 'never' })
  const answer = await app.inject('/')
  problemOf(t, answer, 500, 'UNISTREAM_INTERNAL')
  t.notMatch(answer.body, /inside/)
})
