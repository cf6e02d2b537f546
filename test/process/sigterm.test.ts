import t from 'tap'
import { randomUUID } from 'node:crypto'
import { openStore } from '../harness/store.js'
import { bankOn, DRAIN_TIME, types } from './bank.js'
import type { Answer } from './bank.js'

/** Milliseconds that a process may take to end; the drain time, and so much beside that only one that hangs exceeds it. */
const LIMIT = (DRAIN_TIME + 20) * 1000

t.test('SIGTERM under load: every request that was read is answered, in time, and nothing is lost', async t => {
  const { connectionString } = await openStore(t)
  const bank = bankOn(t, connectionString)
  const [worker, sender] = await Promise.all([bank.worker(), bank.sender({}, { tellRead: true })])
  const periods = Array.from({ length: 20 }, (): string => randomUUID())
  await Promise.all(periods.map(async aggId => {
    t.match(await sender.teller.send('Transaction', 'InitPeriod', aggId, { accountId: aggId, limit: 100 }, aggId), { status: 201 })
  }))

  const answers = new Map<string, Answer & { aggId: string }>()
  let told = 0
  const clients = periods.map(async aggId => {
    for (let n = 0; ; n++) {
      const comId = randomUUID()
      try {
        const answer = await sender.teller.send('Transaction', 'Deposit', aggId, { amount: 0.01 }, comId)
        answers.set(comId, { ...answer, aggId })
        if (answer.status !== 201 && answer.status !== 202) return
      } catch {
        // The server has closed. Whether it had read this request, it tells itself.
        return
      }
      if (n === 10 && told === 0) {
        told = performance.now()
        worker.child.kill('SIGTERM')
        sender.child.kill('SIGTERM')
      }
    }
  })
  const took = await Promise.all([sender, worker].map(async ({ ended }) => {
    t.match(await ended, { code: 0 })
    return performance.now() - told
  }))
  await Promise.all(clients)
  for (const ms of took) t.ok(ms < LIMIT, `ended after ${ms.toFixed()} ms`)
  t.same([...new Set([...answers.values()].map(({ status }) => status))].filter(status => ![201, 202, 503].includes(status)), [])
  const read = sender.lines.filter(line => line.startsWith('read ')).map(line => line.slice(5)).filter(comId => !periods.includes(comId))
  t.ok(read.length >= answers.size - 20, 'the sender told what it has read')
  t.same(read.filter(comId => !answers.has(comId)), [], 'none that was read is without an answer')

  const [, other] = await Promise.all([bank.worker(), bank.sender()])
  await Promise.all(periods.map(async of => {
    for (const [comId, { aggId, status, body }] of answers) {
      if (aggId !== of || status === 503) continue
      const again = await other.teller.send('Transaction', 'Deposit', aggId, { amount: 0.01 }, comId)
      if (again.status !== 201) t.equal(again.status, 201, comId)
      if (status === 201) t.same(again.body, body)
    }
    const decided = await bank.decided(types.transaction, of)
    t.equal(new Set(decided).size, decided.length, 'nothing twice')
  }))
})
