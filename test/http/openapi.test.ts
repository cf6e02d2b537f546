import { randomUUID } from 'node:crypto'
import swagger from '@fastify/swagger'
import { Type } from '@sinclair/typebox'
import { Ajv } from 'ajv'
import ajvFormats from 'ajv-formats'
import fastify from 'fastify'
import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { defineCommands, sender } from '../../lib/index.js'
import { openStage } from './stage.js'
import type { Stage } from './stage.js'

type Json = Record<string, any>

const METHODS = ['get', 'post']

/** An application whose routes are described by swagger, in a version of OpenAPI. */
async function describedStage (t: Parameters<typeof openStage>[0], version: string): Promise<{ stage: Stage, document: Json }> {
  const stage = await openStage(t, {
    before: async (app) => { await app.register(swagger, { openapi: { openapi: version, info: { title: 'Counters', version: '1' } } }) },
    sender: () => ({ events: true, readinessRoute: true })
  })
  // As it goes over the wire.
  return { stage, document: JSON.parse(JSON.stringify(stage.app.swagger())) as Json }
}

function operations (document: Json): Array<{ path: string, method: string, operation: Json }> {
  return Object.entries(document['paths'] as Json).flatMap(([path, item]: [string, Json]) =>
    Object.keys(item).map((method) => ({ path, method, operation: item[method] as Json })))
}

/** All places that refer to something, and what they refer to. */
function references (part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([key, value]) => key === '$ref' && typeof value === 'string' ? [value] : references(value))
}

function target (document: Json, reference: string): unknown {
  return reference.split('/').slice(1).reduce((part: any, key) => part?.[key], document)
}

function newAjv (document: Json): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true })
  ajvFormats.default(ajv)
  return ajv.addSchema(document, 'openapi')
}

for (const version of ['3.0.3', '3.1.0']) {
  t.test(`OpenAPI ${version}: every route, with its fields, its answers and an example of each`, async (t) => {
    const { stage: { type }, document } = await describedStage(t, version)
    const commands = ['Start', 'Add', 'AddTwice', 'Refuse', 'Misbehave', 'Write']
    t.strictSame(Object.keys(document['paths']).sort(), [...commands.map((command) => `/${type}/${command}/{comId}`), '/ready'].sort())
    const all = operations(document)
    t.ok(all.every(({ method }) => METHODS.includes(method)))
    const ids = all.map(({ operation }) => operation['operationId'] as string)
    t.equal(new Set(ids).size, ids.length)
    t.ok(ids.every((id) => /^\w+$/.test(id)))

    const reached = references(document)
    t.ok(reached.length > 0)
    for (const reference of new Set(reached)) t.ok(target(document, reference), reference)

    const ajv = newAjv(document)
    for (const { path, method, operation } of all) {
      const name = `${method} ${path}`
      t.ok(operation['summary'] && operation['tags']?.length === 1, name)
      if (path === '/ready') continue
      t.strictSame((operation['parameters'] as Json[]).map(({ in: place, name, required }) => `${place} ${name} ${required}`).sort(),
        ['path comId true', 'query aggId true'])
      for (const parameter of operation['parameters'] as Json[]) t.match(parameter['example'], /^[0-9a-f-]{36}$/)
      t.equal(operation['requestBody'] !== undefined, method === 'post')
      const statuses = Object.keys(operation['responses'])
      t.strictSame(statuses, method === 'post'
        ? ['201', '202', '400', '404', '409', '413', '415', '422', '429', '500', '503']
        : ['200', '202', '400', '404', '429', '500', '503'], name)
      for (const status of statuses) {
        const { description, content } = operation['responses'][status]
        t.ok(description)
        const mediaType = Number(status) < 400 ? 'application/json' : 'application/problem+json'
        t.strictSame(Object.keys(content), [mediaType])
        const validate = ajv.compile({ $ref: `openapi#/paths/${path.replace(/\//g, '~1').replace(/[{}]/g, encodeURIComponent)}/${method}/responses/${status}/content/${mediaType.replace('/', '~1')}/schema` })
        t.ok(validate(content[mediaType].example), `${name} ${status}: ${JSON.stringify(validate.errors)}`)
      }
    }
    const { headers: created } = document['paths'][`/${type}/Start/{comId}`].post.responses['201']
    t.strictSame(Object.keys(created), ['Location', 'Idempotency-Replayed'])
    t.ok('Retry-After' in document['paths'][`/${type}/Start/{comId}`].post.responses['503'].headers)
  })
}

t.test('the body is described as it is checked', async (t) => {
  const { stage: { type }, document } = await describedStage(t, '3.0.3')
  t.match(document['paths'][`/${type}/Add/{comId}`].post.requestBody, {
    required: true,
    content: { 'application/json': { schema: { type: 'object', required: ['by'], properties: { by: { type: 'integer' } }, additionalProperties: false } } }
  })
})

t.test('answers are as they are described', async (t) => {
  const { stage: { app, post, get, type }, document } = await describedStage(t, '3.0.3')
  const ajv = newAjv(document)
  const fits = (command: string, method: string, answer: LightMyRequestResponse, status: number) => {
    t.equal(answer.statusCode, status)
    const path = command === 'ready' ? '/ready' : `/${type}/${command}/{comId}`
    const { content } = document['paths'][path][method].responses[status]
    const mediaType = (answer.headers['content-type'] as string).split(';')[0]!
    t.ok(mediaType in content)
    const pointer = [path, method, 'responses', String(status), 'content', mediaType, 'schema']
      .map((part) => encodeURIComponent(part.replace(/\//g, '~1'))).join('/')
    const validate = ajv.compile({ $ref: `openapi#/paths/${pointer}` })
    t.ok(validate(answer.json()), JSON.stringify(validate.errors))
  }
  const started = randomUUID()
  const refused = randomUUID()
  const failed = randomUUID()
  fits('Start', 'post', await post('Start', started, {}), 201)
  fits('Start', 'get', await get('Start', started), 200)
  fits('Add', 'post', await post('Add', refused, { by: -1 }), 422)
  fits('Add', 'get', await get('Add', refused), 200)
  fits('Misbehave', 'post', await post('Misbehave', failed, { how: 'throw' }), 500)
  fits('Misbehave', 'get', await get('Misbehave', failed), 200)
  fits('Refuse', 'post', await post('Refuse', randomUUID(), { details: [1] }), 422)
  fits('Add', 'post', await post('Add', 'x', {}, ''), 400)
  fits('Add', 'get', await get('Add', 'x', ''), 400)
  fits('Add', 'post', await post('Add', started, { by: 1 }), 409)
  fits('Add', 'get', await get('Add', randomUUID()), 404)
  fits('Misbehave', 'post', await post('Misbehave', randomUUID(), { how: 'x'.repeat(2 ** 20) }), 413)
  fits('ready', 'get', await app.inject('/ready'), 200)
})

t.test('what routes say of themselves, and what users add', async (t) => {
  const { app, type } = await openStage(t, {
    before: async (app) => {
      await app.register(swagger, {
        openapi: { components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } } }
      })
    },
    sender: (type) => ({
      routeOptions: { schema: { security: [{ key: [] }], tags: ['Everything'] } },
      routes: { [type]: { commands: { Add: { routeOptions: { schema: { hide: true } } }, Start: { routeOptions: { schema: { deprecated: true } } } } } },
      readinessRoute: { url: '/health', routeOptions: { schema: { tags: ['Health'] } } }
    })
  })
  const { paths } = app.swagger() as unknown as Json
  t.notOk(`/${type}/Add/{comId}` in paths)
  t.match(paths[`/${type}/Start/{comId}`].post, { deprecated: true, tags: ['Everything'], security: [{ key: [] }] })
  t.equal(paths[`/${type}/AddTwice/{comId}`].post.summary, 'Add twice')
  t.equal(paths[`/${type}/AddTwice/{comId}`].get.summary, 'Add twice: what has become of it')
  t.strictSame(paths['/health'].get.tags, ['Health'])
})

t.test('operation ids are unique whatever things are called', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(swagger)
  await app.register(sender, {
    aggregates: [
      defineCommands('Cash', { Box_open: Type.Object({}), openTheBox_now: Type.Object({}) }),
      defineCommands('Cash_Box', { open: Type.Object({}) })
    ],
    kurrent: { host: 'kurrentdb://127.0.0.1:1?tls=false' }
  })
  await app.ready()
  const all = operations(app.swagger() as unknown as Json).map(({ operation }) => [operation['operationId'], operation['summary']])
  t.strictSame(all, [
    ['Cash_Box_open', 'Box open'],
    ['status_Cash_Box_open', 'Box open: what has become of it'],
    ['Cash_openTheBox_now', 'Open the box now'],
    ['status_Cash_openTheBox_now', 'Open the box now: what has become of it'],
    ['Cash_Box_open_', 'Open'],
    ['status_Cash_Box_open_', 'Open: what has become of it'],
  ])
})
