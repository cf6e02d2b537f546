import t from 'tap'
import { randomUUID } from 'node:crypto'
import { openStore } from '../harness/store.js'
import { bankOn, types } from './bank.js'

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
