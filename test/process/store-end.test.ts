import t from 'tap'
import { randomUUID } from 'node:crypto'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { streamNames, WORKERS_GROUP } from '../../lib/outcome/index.js'
import { embeddedOnly, openStore } from '../harness/store.js'
import { bankOn, types } from './bank.js'

/** Deposits that each client makes. */
const DEPOSITS = 30

/** Seconds for which the store lets open calls go on: deliveries, and appends of who has not read meanwhile. */
const GRACE = 2

t.test('a store that ends as a real one does on SIGTERM, and comes back: each command is decided once, and none is parked', embeddedOnly, async t => {
  const data = t.testdir()
  const { connectionString, embedded } = await openStore(t, { data })
  const bank = bankOn(t, connectionString)
  const [, sender] = await Promise.all([bank.worker(), bank.sender()])
  const periods = Array.from({ length: 20 }, (): string => randomUUID())
  await Promise.all(periods.map(async aggId => {
    t.match(await sender.teller.send('Transaction', 'InitPeriod', aggId, { accountId: aggId, limit: 100 }, aggId), { status: 201 })
  }))

  let returned: Promise<void> | undefined
  const away = async (): Promise<void> => {
    await embedded!.stop({ grace: GRACE })
    const again = await startEmbeddedStore({ data, port: embedded!.port })
    t.teardown(() => again.stop())
  }
  const statuses = new Set<number>()
  await Promise.all(periods.map(async aggId => {
    for (let n = 0; n < DEPOSITS; n++) {
      if (n === 10) returned ??= away()
      const comId = randomUUID()
      for (let status = 0; status !== 201;) {
        status = (await sender.teller.send('Transaction', 'Deposit', aggId, { amount: 0.01 }, comId)).status
        statuses.add(status)
      }
    }
  }))
  await returned
  t.same([...statuses].filter(status => ![201, 202, 503].includes(status)), [])
  for (const aggId of periods) {
    const decided = await bank.decided(types.transaction, aggId)
    t.equal(decided.length, DEPOSITS + 1)
    t.equal(new Set(decided).size, decided.length, 'nothing twice')
  }
  const group = await bank.store.groupInfo(streamNames(types.transaction).commands, WORKERS_GROUP)
  t.equal(group?.parked, 0n)
})
