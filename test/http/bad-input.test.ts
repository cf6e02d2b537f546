import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { recordingLog } from '../harness/recording-log.js'
import { Store } from '../../lib/store/index.js'
import { openStage, problemOf } from './stage.js'
import type { Stage } from './stage.js'

const NIL = '00000000-0000-0000-0000-000000000000'
const { post, get, app, type, aggId, store } = await openStage(t, { worker: false, server: { bodyLimit: 2_000_000 } })
const body = (pointer: string, rule: string) => ({ in: 'body', pointer, rule, message: String })

/** Checks that a request is refused with exactly these faults. */
async function refused (t: Parameters<typeof problemOf>[0], answer: ReturnType<Stage['post']>, faults: object[]): Promise<void> {
  const problem = problemOf(t, await answer, 400, 'UNISTREAM_COMMAND_INVALID')
  t.match(problem['errors'], faults)
  t.equal((problem['errors'] as object[]).length, faults.length)
}

t.test('a body that is no JSON, with the place where it stops being any', async (t) => {
  const cases: Array<[string | Buffer, string]> = [
    ['', 'is empty'],
    ['nope', 'is no JSON at line 1, column 1: expected a value'],
    ['{"by": }', 'is no JSON at line 1, column 8: expected a value'],
    ['{\n  "by": 1,\n}', 'is no JSON at line 3, column 1: expected a name in double quotes'],
    ['{"by": 1', 'ends too early, at line 1, column 9: expected , or }'],
    [Buffer.from([0x22, 0xff, 0x22]), 'must be UTF-8'],
  ]
  for (const [text, message] of cases) {
    await refused(t, post('Add', randomUUID(), text), [{ ...body('', 'json'), message }])
  }
})

t.test('faults of the body, all of them and where', async (t) => {
  const cases: Array<[unknown, object[]]> = [
    [{}, [body('/by', 'required')]],
    [{ by: 'much' }, [body('/by', 'type')]],
    [{ by: '1' }, [body('/by', 'type')]],
    [{ by: 1.5 }, [body('/by', 'type')]],
    ['{"by": 1e400}', [body('/by', 'json')]],
    [{ by: 1, more: 2 }, [body('/more', 'additionalProperties')]],
    ['{"by": 1, "__proto__": {"x": 1}}', [body('/__proto__', 'additionalProperties')]],
    [{ bye: 'x', more: 2 }, [body('/by', 'required'), body('/bye', 'additionalProperties'), body('/more', 'additionalProperties')]],
    [[], [body('', 'type')]],
    ['null', [body('', 'type')]],
    ['"text"', [body('', 'type')]],
  ]
  for (const [sent, faults] of cases) await refused(t, post('Add', randomUUID(), sent), faults)
})

t.test('ids that are none', async (t) => {
  const place = (pointer: string, rule: string) => ({ in: pointer === '/comId' ? 'path' : 'query', pointer, rule, message: String })
  const cases: Array<[string, string, object[]]> = [
    ['x', `?aggId=${aggId}`, [place('/comId', 'format')]],
    [NIL, `?aggId=${aggId}`, [{ ...place('/comId', 'not'), message: /nil/ }]],
    [randomUUID(), '', [place('/aggId', 'required')]],
    [randomUUID(), '?aggId=', [place('/aggId', 'format')]],
    [randomUUID(), `?aggId=${NIL}`, [{ ...place('/aggId', 'not'), message: /nil/ }]],
    [randomUUID(), `?aggId=${aggId}&aggId=${aggId}`, [place('/aggId', 'type')]],
    [randomUUID(), `?aggID=${aggId}`, [place('/aggId', 'required')]],
    ['%7B', '?aggId=%20', [place('/comId', 'format'), place('/aggId', 'format')]],
  ]
  for (const [comId, query, faults] of cases) {
    await refused(t, post('Add', comId, { by: 1 }, query), faults)
    await refused(t, get('Add', comId, query), faults)
  }
})

t.test('faults of ids and body together', async (t) => {
  await refused(t, post('Add', 'x', { more: 1 }, ''), [
    { in: 'path', pointer: '/comId' }, { in: 'query', pointer: '/aggId' }, body('/by', 'required'), body('/more', 'additionalProperties')
  ])
  await refused(t, post('Add', 'x', '{', ''), [{ in: 'path', pointer: '/comId' }, { in: 'query', pointer: '/aggId' }, body('', 'json')])
})

t.test('no body at all', async (t) => {
  const answer = app.inject({ method: 'POST', url: `/${type}/Add/${randomUUID()}?aggId=${aggId}` })
  await refused(t, answer, [body('', 'required')])
})

t.test('a body of another media type', async (t) => {
  for (const mediaType of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/jsonp', 'x']) {
    const answer = await app.inject({
      method: 'POST', url: `/${type}/Add/x?aggId=${aggId}`, payload: '{"by":1}', headers: { 'content-type': mediaType }
    })
    const problem = problemOf(t, answer, 415, 'UNISTREAM_MEDIA_TYPE')
    t.match(problem['errors'], [{ in: 'path', pointer: '/comId' }, body('', 'mediaType')])
  }
})

t.test('a compressed body', async (t) => {
  const send = (payload: string | Buffer, encoding: string) => app.inject({
    method: 'POST',
    url: `/${type}/Add/${randomUUID()}?aggId=${aggId}`,
    payload,
    headers: { 'content-type': 'application/json', 'content-encoding': encoding }
  })
  const problem = problemOf(t, await send(gzipSync('{"by":1}'), 'gzip'), 415, 'UNISTREAM_MEDIA_TYPE')
  t.match(problem['errors'], [body('', 'contentEncoding')])
  // A hook that has decoded the body may have left the header.
  await refused(t, send('{}', 'gzip'), [body('/by', 'required')])
  await refused(t, send('{', 'identity'), [body('', 'json')])
})

t.test('JSON with a charset is JSON', async (t) => {
  const answer = app.inject({
    method: 'POST',
    url: `/${type}/Add/${randomUUID()}?aggId=${aggId}`,
    payload: '{}',
    headers: { 'content-type': 'application/json; charset=utf-8' }
  })
  await refused(t, answer, [body('/by', 'required')])
})

t.test('a body over the limit of the route, and a command over the limit of the store', async (t) => {
  const over = problemOf(t, await post('Misbehave', 'x', { how: 'x'.repeat(2_000_000) }), 413, 'UNISTREAM_COMMAND_TOO_LARGE')
  t.match(over['errors'], [{ in: 'path', pointer: '/comId' }, body('', 'size')])
  const large = problemOf(t, await post('Misbehave', randomUUID(), { how: 'x'.repeat(1_000_000) }), 413, 'UNISTREAM_COMMAND_TOO_LARGE')
  t.match(large['errors'], [body('', 'size')])
  t.match(large['detail'], /too large/)
})

t.test('an unknown aggregate or command: 404 that lists nothing, whatever the body', async (t) => {
  const urls = [`/Nothing/Add/${randomUUID()}`, `/${type}/Nothing/${randomUUID()}`, `/${type}/add/x`, `/${type.toLowerCase()}/Add/x`, '/toString/constructor/x']
  for (const url of urls) {
    for (const headers of [{ 'content-type': 'application/json' }, { 'content-type': 'text/plain' }]) {
      const answer = await app.inject({ method: 'POST', url: `${url}?aggId=${aggId}`, payload: '{', headers })
      problemOf(t, answer, 404, 'UNISTREAM_COMMAND_UNKNOWN')
      t.notMatch(answer.body, new RegExp(type))
    }
    problemOf(t, await app.inject(url), 404, 'UNISTREAM_COMMAND_UNKNOWN')
  }
})

t.test('of all that nothing reached the store', async (t) => {
  const reader = Store.open({ connectionString: store.connectionString, callLimit: 5 }, recordingLog())
  t.teardown(() => reader.close())
  t.strictSame(await reader.read(type, { direction: 'forwards', from: 'start', count: 10 }), { kind: 'no_stream' })
})
