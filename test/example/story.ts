import { randomUUID } from 'node:crypto'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Test } from 'tap'

/** What a client of the example does with an account, and what it has to hear, from one that runs with its store. */
export async function tellTheWholeStory (t: Test, base: string, connectionString: string): Promise<void> {
  const aggId = randomUUID()
  const url = (command: string, comId: string) => `${base}/Account/${command}/${comId}?aggId=${aggId}`
  const ask = async (address: string, body?: unknown) => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(address, body === undefined ? {} : post)
    return { status: answer.status, replayed: answer.headers.get('idempotency-replayed'), body: await answer.json() as Record<string, unknown> }
  }
  const send = (command: string, body: unknown, comId: string = randomUUID()) => ask(url(command, comId), body)
  const succeeded = (revision: number, type: string, data: object) =>
    ({ status: 201, replayed: null, body: { aggregate: 'Account', aggId, revision, events: [{ type, data }] } })

  const created = randomUUID()
  const first = await send('CreateAccount', { owner: 'Ann' }, created)
  t.match(first, succeeded(0, 'AccountCreated', { owner: 'Ann' }))
  t.strictSame(await send('CreateAccount', { owner: 'Ann' }, created), { ...first, replayed: 'true' }, 'the same again')
  t.match(await send('CreateAccount', { owner: 'Eve' }, created), { status: 409, body: { code: 'UNISTREAM_COMMAND_ID_REUSED' } })

  t.match(await send('VerifyAccount', { verifiedBy: 'Bob', conclusion: true }), succeeded(1, 'AccountVerified', { verifiedBy: 'Bob', conclusion: true }))
  t.match(await send('ApproveAccount', { approvedBy: 'Carol', approved: true, limit: 1000.5 }), succeeded(2, 'AccountApproved', { limit: 1000.5 }))
  t.match(await send('LimitAccount', { limit: 2000 }), succeeded(3, 'AccountLimited', { limit: 2000 }))

  const second = randomUUID()
  const refused = await send('CreateAccount', { owner: 'Ann' }, second)
  t.match(refused, { status: 422, replayed: null, body: { status: 422, code: String, detail: String, comId: second } })
  t.strictSame(await send('CreateAccount', { owner: 'Ann' }, second), { ...refused, replayed: 'true' }, 'refused again, the same')

  const bad = await send('CreateAccount', { owner: ' ', age: 3 })
  t.match(bad, { status: 400, body: { code: 'UNISTREAM_COMMAND_INVALID' } })
  t.same((bad.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort(), ['/age', '/owner'], 'all its faults')

  const status = await ask(url('CreateAccount', created))
  t.match(status, { status: 200, body: { aggId, comId: created, revision: 0, events: [{ type: 'AccountCreated' }] } })
  t.match(await ask(url('CreateAccount', second)), { status: 200, body: { comId: second, code: refused.body['code'] } })
  t.match(await ask(url('CreateAccount', randomUUID())), { status: 404 })

  const copied = randomUUID()
  const copies = await Promise.all(Array.from({ length: 10 }, () => send('LimitAccount', { limit: 3000 }, copied)))
  t.match(copies[0], { status: 201, body: { revision: 5, events: [{ type: 'AccountLimited', data: { limit: 3000 } }] } })
  for (const copy of copies) t.strictSame({ ...copy, replayed: null }, { ...copies[0]!, replayed: null })

  const client = KurrentDBClient.connectionString(connectionString)
  t.teardown(() => client.dispose())
  const types: string[] = []
  for await (const { event } of client.readStream(`Account-${aggId}`)) types.push(event!.type)
  t.strictSame(types, ['AccountCreated', 'AccountVerified', 'AccountApproved', 'AccountLimited', 'CommandRefused', 'AccountLimited'])
}
