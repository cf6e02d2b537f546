import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import bankSender, { options } from '../../example-app/sender.js'
import bankWorker from '../../example-app/worker.js'
import { setEnvironment } from '../plugins/apps.js'
import { onRealServer, openStore } from '../harness/store.js'
import { until } from '../harness/until.js'

type Json = Record<string, any>

/** Sender and worker as `fastify start -o` makes them, on one store. */
async function openBank (t: Parameters<typeof setEnvironment>[0]): Promise<FastifyInstance> {
  const { connectionString } = await openStore(t)
  setEnvironment(t, { KURRENT_HOST: connectionString })
  const [app, worker] = [fastify(options), fastify()]
  for (const one of [worker, app]) t.teardown(() => one.close())
  await app.register(bankSender, options)
  await worker.register(bankWorker, {})
  await Promise.all([app.ready(), worker.ready()])
  for (const one of [app, worker]) await until(async () => (await one.inject('/ready')).statusCode === 200)
  return app
}

t.test('the examples of the documentation can be tried as they are, in the order that it tells', async (t) => {
  if (onRealServer) {
    t.pass('not on a server that others use: the ids of the examples are always the same')
    return
  }
  const app = await openBank(t)
  const page = await app.inject('/documentation')
  t.equal(page.statusCode, 200)
  const { paths } = (await app.inject('/documentation/json')).json<Json>()

  const send = async (aggregate: string, command: string, change: Json = {}) => {
    const { post } = paths[`/${aggregate}/${command}/{comId}`] as Json
    const [aggId, comId] = ['aggId', 'comId'].map((name) => (post.parameters as Json[]).find((parameter) => parameter['name'] === name)!['example'])
    const media = post.requestBody.content['application/json'] as Json
    const example = media['example'] ?? (Object.values(media['examples'] as Json)[0] as Json)['value']
    const answer = await app.inject({
      method: 'POST', url: `/${aggregate}/${command}/${comId}?aggId=${aggId}`, payload: { ...example, ...change }
    })
    return { status: answer.statusCode, body: answer.json<Json>() }
  }

  for (const command of ['CreateAccount', 'VerifyAccount', 'ApproveAccount', 'LimitAccount']) {
    t.equal((await send('Account', command)).status, 201, command)
  }
  t.equal((await send('Transaction', 'InitPeriod')).status, 201)
  const deposit = await send('Transaction', 'Deposit')
  t.equal(deposit.status, 201)
  const { balance } = deposit.body['events'][0].data
  t.type(balance, 'number')
  const overdrawn = await send('Transaction', 'Withdraw', { amount: balance + 1 })
  t.equal(overdrawn.status, 422)
  t.match(overdrawn.body, { code: String, detail: /balance/i })
})

t.test('what the definitions and the documentation say of themselves is complete', async (t) => {
  const app = await openBank(t)
  const { paths, components, info } = (await app.inject('/documentation/json')).json<Json>()
  t.ok(info.description)
  t.equal(Object.keys(paths).length, 14)
  for (const [path, { post }] of Object.entries(paths as Json)) {
    if (path === '/ready') continue
    t.ok(post.description && post.summary, path)
    const media = post.requestBody.content['application/json'] as Json
    t.ok(media['example'] ?? media['examples'], path)
    for (const [name, field] of Object.entries(media['schema'].properties as Json)) t.ok(field.description, `${path} ${name}`)
  }
  t.strictSame(Object.keys(components.schemas).sort(), ['UnistreamInvalidRequest', 'UnistreamOpenCommand', 'UnistreamProblem', 'UnistreamUnsuccessfulCommand'])
})
