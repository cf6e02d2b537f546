import { randomUUID } from 'node:crypto'
import { jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client'
import t from 'tap'
import { until } from '../harness/until.js'
import { openStage, problemOf } from './stage.js'

t.test('a command succeeds: 201, and again with the same id, the same', async (t) => {
  const { post, type, aggId } = await openStage(t)
  const comId = randomUUID()
  const first = await post('Start', comId, {})
  t.equal(first.statusCode, 201)
  t.match(first.headers['content-type'], /^application\/json/)
  t.equal(first.body, JSON.stringify({ aggregate: type, aggId, comId, revision: 0 }))
  t.equal(first.headers.location, `/${type}/Start/${comId}?aggId=${aggId}`)
  t.notOk('idempotency-replayed' in first.headers)

  const second = await post('Start', comId, {})
  t.equal(second.statusCode, 201)
  t.equal(second.body, first.body)
  t.equal(second.headers['idempotency-replayed'], 'true')
})

t.test('events are in the answers if the options say so', async (t) => {
  const { post, get } = await openStage(t, { sender: () => ({ events: true }) })
  await post('Start', randomUUID(), {})
  const comId = randomUUID()
  const events = [{ type: 'Added', data: { by: 2 } }, { type: 'Added', data: { by: 2 } }]
  t.match((await post('AddTwice', comId, { by: 2 })).json(), { revision: 2, events })
  t.match((await get('AddTwice', comId)).json(), { status: 'succeeded', revision: 2, events })
})

t.test('events by aggregate type and by command', async (t) => {
  const { post } = await openStage(t, {
    sender: (type) => ({ routes: { [type]: { events: true, commands: { Start: { events: false } } } } })
  })
  t.notOk('events' in (await post('Start', randomUUID(), {})).json())
  t.ok('events' in (await post('Add', randomUUID(), { by: 1 })).json())
})

t.test('UUIDs in upper case are the same as in lower case', async (t) => {
  const { post, get, type, aggId } = await openStage(t)
  const comId = randomUUID()
  const upper = `?aggId=${aggId.toUpperCase()}`
  const first = await post('Start', comId.toUpperCase(), {}, upper)
  t.strictSame(first.json(), { aggregate: type, aggId, comId, revision: 0 })
  t.equal(first.headers.location, `/${type}/Start/${comId}?aggId=${aggId}`)
  const second = await post('Start', comId, {})
  t.equal(second.body, first.body)
  t.equal(second.headers['idempotency-replayed'], 'true')
  t.equal((await get('Start', comId.toUpperCase(), upper)).statusCode, 200)
})

t.test('the same id with another body or for another command is a conflict', async (t) => {
  const { post } = await openStage(t)
  const comId = randomUUID()
  await post('Start', randomUUID(), {})
  t.equal((await post('Add', comId, { by: 1 })).statusCode, 201)
  problemOf(t, await post('Add', comId, { by: 2 }), 409, 'UNISTREAM_COMMAND_ID_REUSED')
  problemOf(t, await post('AddTwice', comId, { by: 1 }), 409, 'UNISTREAM_COMMAND_ID_REUSED')
  problemOf(t, await post('Add', comId, { by: 1 }, `?aggId=${randomUUID()}`), 409, 'UNISTREAM_COMMAND_ID_REUSED')
})

t.test('a command that workers park: 202, and its Location says 202 too, though the sender remembers nothing', async (t) => {
  const { post, app, type, aggId, store } = await openStage(t, { sender: () => ({ command: { deadline: 0.3, interval: 0 } }) })
  await post('Start', randomUUID(), {})
  const client = KurrentDBClient.connectionString(store.connectionString)
  t.teardown(() => client.dispose())
  await client.appendToStream(`${type}-${aggId}`, [jsonEvent({ type: 'NobodyKnowsIt', data: {} })])
  const comId = randomUUID()
  const answer = await post('Add', comId, { by: 1 })
  t.equal(answer.statusCode, 202)
  // It may still be on its way; when it is parked, the workers' group counts it as finished.
  await until(async () => {
    const { stats } = await client.getPersistentSubscriptionToStreamInfo(type, 'UniStream')
    return stats.parkedMessageCount > 0n && stats.lastCheckpointedEventRevision === 1n
  })
  const asked = await app.inject({ method: 'GET', url: answer.headers.location as string })
  t.equal(asked.statusCode, 202)
  t.strictSame(asked.json(), answer.json())
  t.equal(asked.headers.location, answer.headers.location)
})

t.test('a rule refuses: 422 with its code, its message and its details, and the same again', async (t) => {
  const { post, get, type, aggId } = await openStage(t)
  await post('Start', randomUUID(), {})
  const comId = randomUUID()
  const answer = await post('Add', comId, { by: -1 })
  const problem = problemOf(t, answer, 422, 'BELOW_ZERO')
  t.match(problem, { title: 'Unprocessable Entity', detail: '0 is too little.', aggregate: type, aggId, comId })
  t.notOk('details' in problem)
  const again = await post('Add', comId, { by: -1 })
  t.equal(again.body, answer.body)
  t.equal(again.headers['idempotency-replayed'], 'true')
  t.strictSame((await get('Add', comId)).json(),
    { status: 'refused', aggregate: type, aggId, comId, code: 'BELOW_ZERO', message: '0 is too little.' })

  const detailed = problemOf(t, await post('Refuse', randomUUID(), { details: { least: 5 } }), 422, 'NO')
  t.strictSame(detailed['details'], { least: 5 })
})

t.test('what exists cannot be created, and what does not cannot be changed', async (t) => {
  const { post } = await openStage(t)
  problemOf(t, await post('Add', randomUUID(), { by: 1 }), 422, 'AGGREGATE_MISSING')
  t.equal((await post('Start', randomUUID(), {})).statusCode, 201)
  const comId = randomUUID()
  const refused = await post('Start', comId, {})
  problemOf(t, refused, 422, 'AGGREGATE_EXISTS')
  t.equal((await post('Start', comId, {})).body, refused.body)
})

t.test('a command that can never be processed: 500 with its code and nothing of the inside, and the same again', async (t) => {
  const { post, get } = await openStage(t)
  await post('Start', randomUUID(), {})
  const comId = randomUUID()
  const answer = await post('Misbehave', comId, { how: 'throw' })
  problemOf(t, answer, 500, 'DEFECT')
  t.notMatch(answer.body, /secret of the inside/)
  t.equal((await post('Misbehave', comId, { how: 'throw' })).body, answer.body)
  t.match((await get('Misbehave', comId)).json(), { status: 'failed', code: 'DEFECT' })
})

t.test('ten copies of one command at once: one event, ten equal answers', async (t) => {
  const { post } = await openStage(t, { sender: () => ({ events: true }) })
  await post('Start', randomUUID(), {})
  const comId = randomUUID()
  const answers = await Promise.all(Array.from({ length: 10 }, () => post('Add', comId, { by: 1 })))
  t.strictSame(new Set(answers.map(({ body }) => body)).size, 1)
  t.ok(answers.every(({ statusCode }) => statusCode === 201))
  t.match((await post('Add', randomUUID(), { by: 1 })).json(), { revision: 2 })
})

t.test('an outcome that is still open at the deadline: 202, where to ask and when', async (t) => {
  const { post, get, type, aggId } = await openStage(t, { worker: false, sender: () => ({ command: { deadline: 2 } }) })
  const comId = randomUUID()
  const answer = await post('Start', comId, {})
  t.equal(answer.statusCode, 202)
  t.match(answer.headers, { location: `/${type}/Start/${comId}?aggId=${aggId}`, 'retry-after': '1' })
  t.strictSame(answer.json(), { status: 'open', aggregate: type, aggId, comId })

  const status = await get('Start', comId)
  t.equal(status.statusCode, 202)
  t.match(status.headers, { location: `/${type}/Start/${comId}?aggId=${aggId}`, 'retry-after': '1' })
  t.strictSame(status.json(), answer.json())
})

t.test('the status resource tells what has become of a command, or that nothing is known of it', async (t) => {
  const { app, post, get, type, aggId } = await openStage(t)
  const comId = randomUUID()
  const sent = await post('Start', comId, {})
  const location = await app.inject(sent.headers.location!)
  t.equal(location.statusCode, 200)
  t.strictSame(location.json(), { status: 'succeeded', aggregate: type, aggId, comId, revision: 0 })
  problemOf(t, await get('Start', randomUUID()), 404, 'UNISTREAM_OUTCOME_NOT_FOUND')
  problemOf(t, await get('Start', comId, `?aggId=${randomUUID()}`), 404, 'UNISTREAM_OUTCOME_NOT_FOUND')
})
