import t from 'tap'
import { randomUUID } from 'node:crypto'
import { openStore } from '../harness/store.js'
import { bankOn, types } from './bank.js'
import type { Answer } from './bank.js'

t.test('two workers and two senders, all started at once: every answer agrees with the streams, order is kept', async t => {
  const { connectionString } = await openStore(t)
  const bank = bankOn(t, connectionString)
  const [one, two] = await Promise.all([bank.sender(), bank.sender(), bank.worker(), bank.worker()])
  const tellers = [one.teller, two.teller]
  const periods = Array.from({ length: 100 }, () => randomUUID())
  const answers = new Map<string, { comId: string, answer: Answer }[]>()

  // Each client sends its commands one after the other, so their order in the command stream is the one that it has seen.
  await Promise.all(periods.map(async (aggId, n) => {
    const mine: { comId: string, answer: Answer }[] = []
    answers.set(aggId, mine)
    const send = async (command: string, body: object) => {
      const comId = randomUUID()
      mine.push({ comId, answer: await tellers[(n + mine.length) % 2]!.send('Transaction', command, aggId, body, comId) })
    }
    await send('InitPeriod', { accountId: randomUUID(), limit: 1000 })
    for (let deposit = 1; deposit <= 19; deposit++) await send(deposit % 4 === 0 ? 'Withdraw' : 'Deposit', { amount: 0.1 * deposit < 1 ? 0.1 : 1.13 })
  }))

  const all = [...answers.values()].flat()
  t.equal(all.length, 2000)
  t.same(new Set(all.map(({ answer }) => answer.status)), new Set([201]))
  let wrong = 0
  for (const [aggId, mine] of answers) {
    const events = await bank.events(`${types.transaction}-${aggId}`)
    t.same(await bank.decided(types.transaction, aggId), mine.map(({ comId }) => comId), 'order')
    for (const [at, { answer }] of mine.entries()) {
      const stored = JSON.parse(Buffer.from(events[at]!.data).toString())
      const [told] = answer.body['events'] as { type: string, data: object }[]
      if (answer.body['revision'] !== at || JSON.stringify(told!.data) !== JSON.stringify(stored)) wrong++
    }
  }
  t.equal(wrong, 0, 'answers that disagree with the streams')
})

t.test('kill -9 of the worker and of the sender: asked again, the caller is answered, once', async t => {
  const { connectionString } = await openStore(t)
  const bank = bankOn(t, connectionString)
  const first = await bank.worker()
  const sender = await bank.sender({ command: { deadline: 1 } })
  const aggId = randomUUID()
  const created = randomUUID()
  t.match(await sender.teller.send('Account', 'CreateAccount', aggId, { owner: 'Ann' }, created), { status: 201 })
  first.child.kill('SIGKILL')
  await first.ended

  const comId = randomUUID()
  const body = { verifiedBy: 'Bob', conclusion: true }
  const open = await sender.teller.send('Account', 'VerifyAccount', aggId, body, comId)
  t.match(open, { status: 202 }, 'nobody decides')
  t.ok(open.headers.get('location')?.includes(comId))
  t.ok(Number(open.headers.get('retry-after')) > 0)
  t.match(await sender.teller.status('Account', 'VerifyAccount', aggId, comId), { status: 202 })
  sender.child.kill('SIGKILL')
  await sender.ended

  await bank.worker()
  const other = await bank.sender()
  t.match(await other.teller.send('Account', 'VerifyAccount', aggId, body, comId), { status: 201 })
  const again = await other.teller.send('Account', 'VerifyAccount', aggId, body, comId)
  t.equal(again.headers.get('idempotency-replayed'), 'true')
  t.match(await other.teller.send('Account', 'CreateAccount', aggId, { owner: 'Ann' }, created), { status: 201, body: { revision: 0 } }, 'of the time before')
  t.match(await other.teller.send('Account', 'CreateAccount', aggId, { owner: 'Eve' }, created), { status: 409 })
  t.match(await other.teller.status('Account', 'CreateAccount', aggId, created), { status: 200 })
  t.same(await bank.decided(types.account, aggId), [created, comId])
})

t.test('a command finished long ago: after 10,000 others and after restarts it has the same outcome', async t => {
  const { connectionString, embedded } = await openStore(t)
  const bank = bankOn(t, connectionString)
  const [worker, sender] = await Promise.all([bank.worker(), bank.sender()])
  const aggId = randomUUID()
  const comId = randomUUID()
  const init = () => ({ accountId: aggId, limit: 100 })
  const first = await sender.teller.send('Transaction', 'InitPeriod', aggId, init(), comId)
  t.equal(first.status, 201)
  for (let sent = 0; sent < 10_000; sent += 500) {
    const answers = await Promise.all(Array.from({ length: 500 }, () => sender.teller.send('Transaction', 'Deposit', aggId, { amount: 0.01 })))
    if (answers.some(({ status }) => status !== 201)) t.fail(`${answers.find(({ status }) => status !== 201)?.status}`)
  }
  for (const { child, ended } of [worker, sender]) {
    child.kill('SIGTERM')
    t.match(await ended, { code: 0 })
  }
  // What a restart of the store forgets.
  embedded?.faults.forgetIds()
  const [, other] = await Promise.all([bank.worker(), bank.sender()])
  const again = await other.teller.send('Transaction', 'InitPeriod', aggId, init(), comId)
  t.same([again.status, again.body], [first.status, first.body])
  t.equal(again.headers.get('idempotency-replayed'), 'true')
  const decided = await bank.decided(types.transaction, aggId)
  t.equal(decided.length, 10_001)
  t.equal(decided.filter(id => id === comId).length, 1)
})

t.test('SIGTERM under load: no caller is left without an answer, and nothing is lost', async t => {
  const { connectionString } = await openStore(t)
  const bank = bankOn(t, connectionString)
  const [worker, sender] = await Promise.all([bank.worker(), bank.sender()])
  const periods = Array.from({ length: 20 }, () => randomUUID())
  for (const aggId of periods) t.equal((await sender.teller.send('Transaction', 'InitPeriod', aggId, { accountId: aggId, limit: 100 })).status, 201)
  const accepted = new Map<string, string>()
  const statuses = new Set<number | string>()
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
      if (n === 20) {
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
