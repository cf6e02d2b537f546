import t from 'tap'
import type { Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { Account } from '../../example-app/account.js'
import { Transaction } from '../../example-app/transaction.js'
import type { AnyAggregate } from '../../lib/definition/index.js'
import { commandEvent, commandOf, streamNames, OutcomeReader } from '../../lib/outcome/index.js'
import { Store } from '../../lib/store/index.js'
import { Worker } from '../../lib/subscriber/index.js'
import { originalRecordsOf, withOriginalNames } from '../harness/original-bank.js'
import { recordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'

/** A worker of one of the bank's types, on what the original wrote of one aggregate. */
async function stage (t: Test, original: AnyAggregate, aggId: string) {
  const name = original.commands.name as 'Account' | 'Transaction'
  const { connectionString } = await openStore(t)
  const log = recordingLog()
  const store = Store.open({ connectionString, callLimit: 5 }, log)
  t.teardown(() => store.close())
  const type = uniqueType(`Account.Domain.${name}`)
  const streams = streamNames(type)
  const records = originalRecordsOf(name, type)
  for (const { stream, id, type: eventType, data, metadata } of records) {
    const answer = await store.append(stream, 'any', [{ id, type: eventType, data: Buffer.from(data), metadata: Buffer.from(metadata) }])
    t.equal(answer.kind, 'written')
  }
  const aggregate = withOriginalNames(original, type)
  const worker = new Worker({
    aggregates: [aggregate],
    store,
    log,
    settings: {
      messageTimeout: 30, buffer: 64, drainTime: 5, sweep: 'auto', announce: false, aggregate: () => ({ capacity: 10, multiple: 1, latest: 0 })
    }
  })
  const read = async () => {
    const page = await store.read(streams.aggregate(aggId), { direction: 'forwards', from: 'start', count: 100 })
    return page.kind === 'page' ? page.events.map(({ event }) => event!) : []
  }
  const before = await read()
  worker.start()
  t.teardown(() => worker.close())
  return {
    read,
    async send (command: string, data: object) {
      const definition = aggregate.commands.commands[command]!
      const comId = randomUUID()
      await store.append(streams.commands, 'any', [commandEvent(definition, { aggId, comId }, data)])
      return await until(async () => {
        const reader = new OutcomeReader(aggregate.commands, name => aggregate.eventByStoredName(name))
        for (const event of await read()) {
          const sighting = reader.take(event)
          if (sighting.kind === 'outcome' && sighting.comId === comId) return sighting.stored.verdict
        }
      })
    },
    /** The original's own commands were delivered, and known for finished by the events that bear their ids. */
    async continued (): Promise<void> {
      const after = await read()
      const finished = records.filter(({ stream }) => stream === streams.aggregate(aggId)).map(({ id }) => id)
      t.ok(finished.length > 0)
      for (const id of finished) t.equal(after.filter(event => commandOf(event) === id).length, 1, 'once')
      t.same(after.slice(0, before.length).map(({ id }) => id), before.map(({ id }) => id))
    }
  }
}

t.test('a worker continues an account that the original wrote', async t => {
  const known = '11111111-1111-4111-8111-111111111111'
  const { send, read, continued } = await stage(t, Account, known)
  t.match(await send('LimitAccount', { limit: 2000 }), { status: 'refused', code: 'SAME_LIMIT' }, 'its last limit was 2000')
  t.match(await send('VerifyAccount', { verifiedBy: 'W', conclusion: true }), { status: 'refused', code: 'ALREADY_VERIFIED' })
  t.match(await send('LimitAccount', { limit: 2500.5 }), {
    status: 'succeeded', events: [{ type: 'AccountLimited', data: { accountId: known, limit: 2500.5 } }]
  })
  const last = (await read()).at(-1)!
  t.equal(Buffer.from(last.data).toString(), `{"AccountId":"${known}","Limit":2500.5}`)
  t.equal(last.type, 'Account.Domain.AccountLimited')
  await continued()
})

t.test('a worker continues a transaction that the original wrote', async t => {
  const { send, read, continued } = await stage(t, Transaction, '66d2a95c-68bd-4bca-bcbf-4394764e9c55')
  const accountId = '55a6d2e9-5e5d-4568-8d8b-5227bc022c50'
  t.match(await send('InitPeriod', { accountId, limit: 100 }), { status: 'refused', code: 'AGGREGATE_EXISTS' })
  t.match(await send('Deposit', { amount: 500.01 }), { status: 'refused', code: 'ABOVE_TRANS_LIMIT' }, 'its limit is 500')
  t.match(await send('Deposit', { amount: 100.25 }), {
    status: 'succeeded', revision: 3n, events: [{ type: 'DepositFinished', data: { accountId, amount: 100.25, balance: 100.25 } }]
  })
  t.match(await send('Withdraw', { amount: 0.25 }), { status: 'succeeded', revision: 4n, events: [{ data: { balance: 100 } }] })
  const last = (await read()).at(-1)!
  t.equal(Buffer.from(last.data).toString(), `{"AccountId":"${accountId}","Amount":0.25,"Balance":100}`)
  t.equal(last.type, 'Account.Domain.WithdrawFinished')
  await continued()
})
