import t from 'tap'
import { randomUUID } from 'node:crypto'
import { openStore } from '../harness/store.js'
import { bankOn, types } from './bank.js'

t.test('SIGTERM under load: no caller is left without an answer, and nothing is lost', async t => {
  const { connectionString } = await openStore(t)
  const bank = bankOn(t, connectionString)
  const [worker, sender] = await Promise.all([bank.worker(), bank.sender()])
  const periods = Array.from({ length: 20 }, () => randomUUID())
  for (const aggId of periods) t.equal((await sender.teller.send('Transaction', 'InitPeriod', aggId, { accountId: aggId, limit: 100 })).status, 201)
  const accepted = new Map<string, string>()
  const statuses = new Set<number | string>()
  let told = false
  const clients = periods.map(async aggId => {
    for (let n = 0; ; n++) {
      const comId = randomUUID()
      try {
        const { status } = await sender.teller.send('Transaction', 'Deposit', aggId, { amount: 0.01 }, comId)
        statuses.add(status)
        if (status === 201 || status === 202) accepted.set(comId, aggId)
        else return
      } catch {
        // Connections are refused once the server has closed; a request that it had taken is answered.
        statuses.add('refused')
        return
      }
      if (n === 20 && !told) {
        told = true
        worker.child.kill('SIGTERM')
        sender.child.kill('SIGTERM')
      }
    }
  })
  t.match(await sender.ended, { code: 0 })
  t.match(await worker.ended, { code: 0 })
  await Promise.all(clients)
  for (const status of statuses) t.ok([201, 202, 503, 'refused'].includes(status), String(status))

  const [, other] = await Promise.all([bank.worker(), bank.sender()])
  for (const [comId, aggId] of accepted) {
    const { status } = await other.teller.send('Transaction', 'Deposit', aggId, { amount: 0.01 }, comId)
    if (status !== 201) t.equal(status, 201, comId)
  }
  for (const aggId of periods) {
    const decided = await bank.decided(types.transaction, aggId)
    t.equal(new Set(decided).size, decided.length, 'nothing twice')
  }
})
