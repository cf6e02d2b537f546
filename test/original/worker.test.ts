import t from 'tap'
import { randomUUID } from 'node:crypto'
import { Account } from '../../example-app/account.js'
import { commandEvent, commandOf, streamNames, OutcomeReader } from '../../lib/outcome/index.js'
import { Store } from '../../lib/store/index.js'
import { Worker } from '../../lib/subscriber/index.js'
import { originalRecords, withOriginalNames } from '../harness/original-bank.js'
import { recordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'

const ORIGINAL = 'Account.Domain.Account'
const known = '11111111-1111-4111-8111-111111111111'

t.test('a worker continues what the original wrote', async t => {
  const { connectionString } = await openStore(t)
  const log = recordingLog()
  const store = Store.open({ connectionString, callLimit: 5 }, log)
  t.teardown(() => store.close())
  const type = uniqueType('Account.Domain.Account')
  const streams = streamNames(type)
  for (const { stream, id, type: eventType, data, metadata } of originalRecords) {
    if (stream !== ORIGINAL && !stream.startsWith(`${ORIGINAL}-`)) continue
    const answer = await store.append(type + stream.slice(ORIGINAL.length), 'any',
      [{ id, type: eventType, data: Buffer.from(data), metadata: Buffer.from(metadata) }])
    t.equal(answer.kind, 'written')
  }
  const aggregate = withOriginalNames(Account, type)
  const worker = new Worker({
    aggregates: [aggregate],
    store,
    log,
    settings: {
      messageTimeout: 30, buffer: 64, drainTime: 5, sweep: 'auto', announce: false, aggregate: () => ({ capacity: 10, multiple: 1, latest: 0 })
    }
  })
  const read = async (stream: string) => {
    const page = await store.read(stream, { direction: 'forwards', from: 'start', count: 100 })
    return page.kind === 'page' ? page.events.map(({ event }) => event!) : []
  }
  const before = await read(streams.aggregate(known))
  worker.start()
  t.teardown(() => worker.close())

  // The original's own commands are delivered, and known for finished by the events that bear their ids.
  const send = async (name: 'LimitAccount' | 'VerifyAccount', data: object) => {
    const definition = aggregate.commands.commands[name]
    const comId = randomUUID()
    await store.append(streams.commands, 'any', [commandEvent(definition, { aggId: known, comId }, data)])
    return await until(async () => {
      const reader = new OutcomeReader(aggregate.commands, name => aggregate.eventByStoredName(name))
      for (const event of await read(streams.aggregate(known))) {
        const sighting = reader.take(event)
        if (sighting.kind === 'outcome' && sighting.comId === comId) return sighting.stored.verdict
      }
    })
  }
  t.match(await send('LimitAccount', { limit: 2000 }), { status: 'refused', code: 'SAME_LIMIT' }, 'its last limit was 2000')
  t.match(await send('VerifyAccount', { verifiedBy: 'W', conclusion: true }), { status: 'refused', code: 'ALREADY_VERIFIED' })
  t.match(await send('LimitAccount', { limit: 2500.5 }), {
    status: 'succeeded', events: [{ type: 'AccountLimited', data: { accountId: known, limit: 2500.5 } }]
  })
  const after = await read(streams.aggregate(known))
  t.equal(Buffer.from(after.at(-1)!.data).toString(), `{"AccountId":"${known}","Limit":2500.5}`)
  t.equal(after.at(-1)!.type, 'Account.Domain.AccountLimited')
  const finished = originalRecords.filter(({ stream }) => stream === `${ORIGINAL}-${known}`).map(({ id }) => id)
  for (const id of finished) t.equal(after.filter(event => commandOf(event) === id).length, 1, 'once')
  t.same(after.slice(0, before.length).map(({ id }) => id), before.map(({ id }) => id))
})
