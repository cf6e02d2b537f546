import t from 'tap'
import type { AnyAggregate } from '../../lib/definition/index.js'
import { OriginalAccount, OriginalTransaction, originalRecords } from '../harness/original-bank.js'

const id = '11111111-1111-4111-8111-111111111111'
const aggregates: AnyAggregate[] = [OriginalAccount, OriginalTransaction]

t.test('every command that the original wrote is read, checks, and is written as it was', async t => {
  const read: unknown[] = []
  for (const { commands } of aggregates) {
    for (const record of originalRecords.filter(({ stream }) => stream === commands.storedName)) {
      const command = commands.byStoredName(record.type)!
      const data = command.fromStored(JSON.parse(record.data))
      t.strictSame(command.check(data), [])
      t.strictSame(JSON.parse(command.toStored(data)), JSON.parse(record.data))
      t.strictSame(Object.keys(JSON.parse(command.toStored(data)) as object), Object.keys(JSON.parse(record.data) as object))
      read.push([command.name, data])
    }
  }
  t.strictSame(read, [
    ['CreateAccount', { owner: 'Eric 张' }],
    ['CreateAccount', { owner: 'x' }],
    ['CreateAccount', { owner: 'x' }],
    ['VerifyAccount', { verifiedBy: 'V', conclusion: true }],
    ['ApproveAccount', { approvedBy: 'B', approved: true, limit: 1000.5 }],
    ['LimitAccount', { limit: 2000 }],
    ['VerifyAccount', { verifiedBy: 'V', conclusion: true }],
    ['CreateAccount', { owner: 'after' }],
    ['InitPeriod', { accountId: '55a6d2e9-5e5d-4568-8d8b-5227bc022c50', limit: 500 }]
  ])
})

t.test('every event that the original wrote is read, checks, and gives the state', async t => {
  const states: unknown[] = []
  for (const aggregate of aggregates) {
    const streams = new Set(originalRecords.map(({ stream }) => stream).filter(stream =>
      stream.startsWith(`${aggregate.commands.storedName}-`) && !/-(?:Fail|Duplicate)$/.test(stream)))
    for (const stream of streams) {
      let state = aggregate.initialState
      for (const record of originalRecords.filter(record => record.stream === stream)) {
        const event = aggregate.eventByStoredName(record.type)!
        const data = event.fromStored(JSON.parse(record.data))
        t.strictSame(event.check(data), [])
        state = aggregate.evolve(event.name, state, data)
      }
      states.push(state)
    }
  }
  t.strictSame(states, [
    { code: '', owner: 'Eric 张', limit: 200000, verifiedBy: 'V', verified: true, verifyConclusion: true, approvedBy: 'B', approved: true },
    { accountId: '55a6d2e9-5e5d-4568-8d8b-5227bc022c50', balance: 0, period: '202611', limit: 50000, transLimit: 50000 }
  ])
})

t.test('an aggregate of the original goes on here, and is stored in its spelling', async t => {
  const { limit } = OriginalAccount.evolve('AccountLimited', OriginalAccount.initialState, { accountId: id, limit: 2000 })
  t.equal(limit, 200000)
  const approved = OriginalAccount.evolve('AccountApproved', OriginalAccount.initialState, { accountId: id, approvedBy: 'B', approved: true, limit: 1000.5 })
  const decision = OriginalAccount.decide('LimitAccount', approved, { limit: 3000.25 }, { aggId: id, comId: id, now: new Date() })
  t.strictSame(decision, { type: 'AccountLimited', data: { accountId: id, limit: 3000.25 } })
  const { storedName, toStored } = OriginalAccount.events.AccountLimited
  t.equal(storedName, 'Account.Domain.AccountLimited')
  t.equal(toStored({ accountId: id, limit: 3000.25 }), `{"AccountId":"${id}","Limit":3000.25}`)
})

t.test('which commands create is the same', async t => {
  t.equal(OriginalAccount.creates('CreateAccount'), true)
  t.equal(OriginalAccount.creates('VerifyAccount'), false)
})
