import t from 'tap'
import { randomUUID } from 'node:crypto'
import { openStore } from '../harness/store.js'
import { bankOn, types } from './bank.js'
import type { Answer } from './bank.js'

const AGGREGATES = 100
/** Commands that a client has under way at once, after the first one. */
const WAVES = [6, 13]
/** Nobody is told that a command is still open, however busy the machine. */
const patient = { command: { deadline: 250 } }

t.test('two workers and two senders, all started at once: every answer agrees with the streams, order is kept', async t => {
  const { connectionString } = await openStore(t)
  const bank = bankOn(t, connectionString)
  const [one, two] = await Promise.all([bank.sender(patient), bank.sender(patient), bank.worker(), bank.worker()])
  const tellers = [one.teller, two.teller]
  const answers = new Map(Array.from({ length: AGGREGATES }, () => [randomUUID() as string, new Map<string, Answer>()]))

  // Several commands of an aggregate are under way at once, by both senders. Only the command stream tells their order.
  await Promise.all([...answers].map(async ([aggId, mine], n) => {
    const send = async (command: string, body: object) => {
      const comId = randomUUID()
      mine.set(comId, await tellers[n++ % 2]!.send('Transaction', command, aggId, body, comId))
    }
    await send('InitPeriod', { accountId: aggId, limit: 1000 })
    for (const [wave, count] of WAVES.entries()) {
      await Promise.all(Array.from({ length: count }, (_, at) =>
        send(wave > 0 && at % 3 === 0 ? 'Withdraw' : 'Deposit', { amount: (at + 1) / 100 + wave * 0.01 })))
    }
  }))

  const all = [...answers.values()].flatMap(mine => [...mine.values()])
  t.equal(all.length, 2000)
  // An append that was repeated may stand twice; what counts is where a command stands first.
  const stood = [...new Set((await bank.events(types.transaction)).map(({ id }) => id as string))]
  let wrong = 0
  for (const [aggId, mine] of answers) {
    const events = await bank.events(`${types.transaction}-${aggId}`)
    const decided = await bank.decided(types.transaction, aggId)
    t.same(decided, stood.filter(comId => mine.has(comId)), 'order')
    for (const [at, comId] of decided.entries()) {
      const stored = JSON.parse(Buffer.from(events[at]!.data).toString())
      const { status, body } = mine.get(comId)!
      if (events[at]!.type === 'CommandRefused') {
        if (status !== 422 || body['code'] !== stored.code) wrong++
      } else {
        const [told] = body['events'] as { type: string, data: object }[]
        if (status !== 201 || body['revision'] !== at || JSON.stringify(told!.data) !== JSON.stringify(stored)) wrong++
      }
    }
  }
  t.equal(wrong, 0, 'answers that disagree with the streams')
})
