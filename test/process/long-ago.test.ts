import t from 'tap'
import { randomUUID } from 'node:crypto'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { transactionCommands } from '../../example-app/commands.js'
import { commandEvent } from '../../lib/outcome/index.js'
import { openStore } from '../harness/store.js'
import { until } from '../harness/until.js'
import { bankOn, types } from './bank.js'

t.test('a command finished long ago: after 10,000 others and after restarts it has the same outcome', async t => {
  const data = t.testdir()
  const { connectionString, embedded } = await openStore(t, { data })
  const bank = bankOn(t, connectionString)
  const [worker, sender] = await Promise.all([bank.worker(), bank.sender()])
  const aggId = randomUUID()
  const comId = randomUUID()
  const init = () => ({ accountId: aggId, limit: 100 })
  const first = await sender.teller.send('Transaction', 'InitPeriod', aggId, init(), comId)
  t.equal(first.status, 201)
  const { Deposit } = transactionCommands.commands
  for (let sent = 0; sent < 10_000; sent += 500) {
    const others = Array.from({ length: 500 }, () => commandEvent(Deposit, { aggId, comId: randomUUID() }, { amount: 0.01 }))
    t.match(await bank.store.append(types.transaction, 'any', others), { kind: 'written' })
  }
  await until(async () => {
    const page = await bank.store.read(`${types.transaction}-${aggId}`, { direction: 'backwards', from: 'end', count: 1 })
    return page.kind === 'page' && page.head === 10_000n
  })
  for (const { child, ended } of [worker, sender]) {
    child.kill('SIGTERM')
    t.match(await ended, { code: 0 })
  }
  if (embedded !== undefined) {
    const { port } = embedded
    await embedded.stop()
    const restarted = await startEmbeddedStore({ data, port })
    t.teardown(() => restarted.stop())
  }
  const [, other] = await Promise.all([bank.worker(), bank.sender()])
  const again = await other.teller.send('Transaction', 'InitPeriod', aggId, init(), comId)
  t.same([again.status, again.body], [first.status, first.body])
  t.equal(again.headers.get('idempotency-replayed'), 'true')
  const decided = await bank.decided(types.transaction, aggId)
  t.equal(decided.length, 10_001)
  t.equal(decided.filter(id => id === comId).length, 1)
})
