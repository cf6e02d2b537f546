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
