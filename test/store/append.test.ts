import { randomUUID } from 'node:crypto'
import t from 'tap'
import { openRelay } from '../harness/relay.js'
import { onRealServer, openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'
import { openFor, operator, portOf, thing, things } from './things.js'

t.test('appends with each expectation', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Append')}-1`
  t.strictSame(await store.append(stream, 'no_stream', things(2)), { kind: 'written', revision: 1n })
  t.strictSame(await store.append(stream, 1n, things(3)), { kind: 'written', revision: 4n })
  t.strictSame(await store.append(stream, 'any', things(1)), { kind: 'written', revision: 5n })
  t.strictSame(await store.append(stream, 'no_stream', things(1)), { kind: 'conflict', current: 5n })
  t.strictSame(await store.append(stream, 2n, things(1)), { kind: 'conflict', current: 5n })
  t.strictSame(await store.append(stream, 9n, things(1)), { kind: 'conflict', current: 5n })
  t.strictSame(await store.append(`${uniqueType('Append')}-2`, 0n, things(1)), { kind: 'conflict', current: 'no_stream' })
})

t.test('what stands is what was given, byte for byte', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Bytes')}-ß-1`
  const before = Date.now()
  const id = randomUUID()
  const data = Buffer.from('{"amount":1000.50,"text":"Grüße \\u0000"}')
  const metadata = Buffer.from('{"$correlationId":"x"}')
  await store.append(stream, 'no_stream', [{ id, type: 'Bank.Domain.Thing', data, metadata }, { id: randomUUID(), type: 'Empty', data: new Uint8Array(), metadata: new Uint8Array() }])
  const page = await store.read(stream, { direction: 'forwards', from: 'start', count: 10 })
  if (page.kind !== 'page') return t.fail(page.kind)
  const [first, second] = page.events.map(({ event }) => event)
  t.match(first, { stream, revision: 0n, id, type: 'Bank.Domain.Thing', json: true })
  t.ok(Buffer.from(first?.data ?? []).equals(data))
  t.ok(Buffer.from(first?.metadata ?? []).equals(metadata))
  t.ok((first?.created ?? 0) >= before - 1000 && (first?.created ?? 0) <= Date.now() + 1000)
  t.match(second, { revision: 1n, type: 'Empty' })
  t.equal(second?.data.length, 0)
})

t.test('a repetition is answered like the first time', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Repeat')}-1`
  const events = things(2)
  await store.append(stream, 'no_stream', events)
  await store.append(stream, 1n, things(2))
  t.strictSame(await store.append(stream, 'no_stream', events), { kind: 'written', revision: 1n })
  t.strictSame(await store.append(stream, 'any', events), { kind: 'written', revision: 1n })
  t.strictSame(await store.append(stream, 'any', [...events, thing()]), { kind: 'conflict', current: 3n })
  t.match(await store.read(stream, { direction: 'backwards', from: 'end', count: 1 }), { head: 3n })
})

t.test('a tombstoned stream', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Gone')}-1`
  await store.append(stream, 'any', things(1))
  await operator(t, connectionString).tombstoneStream(stream)
  t.strictSame(await store.append(stream, 'any', things(1)), { kind: 'deleted' })
})

t.test('what cannot be sent or is not taken is rejected, and does no harm to others', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Reject')}-1`
  const huge = { ...thing(), data: Buffer.alloc(17 * 1024 * 1024, ' ') }
  const answers = await Promise.all([
    store.append(stream, 'any', things(1)),
    store.append(stream, 'any', []),
    store.append('', 'any', things(1)),
    store.append(stream, 'any', [huge]),
    store.append(stream, 'any', [thing({}, 'no uuid')]),
    store.append(stream, 'any', things(1))
  ])
  t.match(answers, [
    { kind: 'written', revision: 0n },
    { kind: 'rejected', reason: 'invalid' },
    { kind: 'rejected', reason: 'invalid' },
    { kind: 'rejected', reason: 'too_large' },
    { kind: 'rejected', reason: 'invalid' },
    { kind: 'written', revision: 1n }
  ])
})

t.test('an append too large for the server is rejected by it', { skip: onRealServer && 'the limit of a real server is its own' }, async t => {
  const { connectionString } = await openStore(t, { maxAppendSize: 1024 * 1024 })
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Large')}-1`
  const part = (): ReturnType<typeof thing> => ({ ...thing(), data: Buffer.alloc(700_000, ' ') })
  t.match(await store.append(stream, 'any', [part(), part()]), { kind: 'rejected', reason: 'too_large' })
  t.strictSame(await store.append(stream, 'any', [part()]), { kind: 'written', revision: 0n })
})

t.test('an append of several messages is one append', { skip: onRealServer && 'the limit of a real server may be 1 MiB' }, async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Chunks')}-1`
  const events = Array.from({ length: 6 }, (_, index) => ({ ...thing(), data: Buffer.from(JSON.stringify({ index, filler: 'x'.repeat(2 * 1024 * 1024) })) }))
  t.strictSame(await store.append(stream, 'no_stream', events), { kind: 'written', revision: 5n })
  const page = await store.read(stream, { direction: 'forwards', from: 'start', count: 10 })
  t.strictSame(page.kind === 'page' && page.events.map(({ event }) => event?.id), events.map(({ id }) => id))
})

t.test('many at once, of one stream in their order', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Many')}-1`
  const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => store.append(stream, 'any', [thing({ index })])))
  t.strictSame(answers, Array.from({ length: 500 }, (_, index) => ({ kind: 'written', revision: BigInt(index) })))
})

t.test('no server: unavailable, and it works as soon as there is one', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString))
  const stream = `${uniqueType('Away')}-1`
  await relay.refuse()
  t.match(await store.append(stream, 'any', things(1)), { kind: 'unavailable', error: /no connection/ })
  t.match(await store.append(stream, 'any', things(1)), { kind: 'unavailable' })
  await relay.accept()
  t.strictSame(await store.append(stream, 'any', things(1)), { kind: 'written', revision: 0n })
})

t.test('a connection lost with an append under way: unknown, and the next one goes by a new connection', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString))
  const direct = openFor(t, connectionString).store
  const stream = `${uniqueType('Lost')}-1`
  await store.append(stream, 'no_stream', things(1))
  relay.holdAnswers()
  const event = thing()
  const answer = store.append(stream, 0n, [event])
  await until(async () => {
    const page = await direct.read(stream, { direction: 'backwards', from: 'end', count: 1 })
    return page.kind === 'page' && page.head === 1n
  })
  relay.cut()
  t.match(await answer, { kind: 'unknown' })
  t.strictSame(await store.append(stream, 0n, [event]), { kind: 'written', revision: 1n }, 'the same again is answered')
})

t.test('a server that hangs: unknown when the limit is over, and later appends go by a fresh connection', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString), 0.5)
  const stream = `${uniqueType('Hang')}-1`
  await store.append(stream, 'no_stream', things(1))
  relay.hold()
  const answers = await Promise.all([store.append(stream, 0n, things(1)), store.append(stream, 0n, things(1))])
  t.match(answers, [{ kind: 'unknown', error: { trouble: 'timeout' } }, { kind: 'unknown', error: { trouble: 'timeout' } }])
  t.match(await store.append(stream, 'any', things(1)), { kind: 'written' }, 'though the first connection still hangs')
})

t.test('a connection that cannot be made in time: unavailable', async t => {
  const { connectionString } = await openStore(t)
  const relay = await openRelay(portOf(connectionString))
  t.teardown(() => relay.close())
  const { store } = openFor(t, relay.connectionString(connectionString), 0.5)
  const stream = `${uniqueType('Hang')}-1`
  relay.hold({ all: true })
  t.match(await store.append(stream, 'any', things(1)), { kind: 'unavailable' })
  relay.release()
  t.match(await store.append(stream, 'any', things(1)), { kind: 'written', revision: 0n })
})

t.test('closing waits for answers, and takes nothing more', async t => {
  const { connectionString } = await openStore(t)
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Close')}-1`
  const answer = store.append(stream, 'any', things(1))
  const closed = store.close()
  t.match(await store.append(stream, 'any', things(1)), { kind: 'unavailable' })
  t.strictSame(await answer, { kind: 'written', revision: 0n })
  await closed
  await t.rejects(store.read(stream, { direction: 'forwards', from: 'start', count: 1 }), { code: 'UNISTREAM_STORE_UNAVAILABLE' })
})

t.test('one answer is lost: that append is unknown, and those beside it and after it are answered', async t => {
  const { connectionString, embedded } = await openStore(t)
  if (embedded === undefined) return t.comment('skipped: needs a server that loses an answer')
  const { store } = openFor(t, connectionString, 0.5)
  const type = uniqueType('Withheld')
  await store.append(`${type}-1`, 'no_stream', things(1))
  embedded.faults.loseAnswer(`${type}-1`)
  const event = thing()
  const answers = await Promise.all([store.append(`${type}-1`, 0n, [event]), store.append(`${type}-2`, 'no_stream', things(1))])
  t.match(answers, [{ kind: 'unknown', error: { trouble: 'timeout' } }, { kind: 'written', revision: 0n }])
  t.strictSame(await store.append(`${type}-1`, 0n, [event]), { kind: 'written', revision: 1n })
  t.strictSame(await store.append(`${type}-2`, 0n, things(1)), { kind: 'written', revision: 1n })
})

t.test('the connection breaks between commit and answer: unknown, and it stands', async t => {
  const { connectionString, embedded } = await openStore(t)
  if (embedded === undefined) return t.comment('skipped: needs a server that loses an answer')
  const { store } = openFor(t, connectionString)
  const stream = `${uniqueType('Cut')}-1`
  embedded.faults.loseAnswer(stream, 'cut')
  const events = things(2)
  t.match(await store.append(stream, 'no_stream', events), { kind: 'unknown', error: { trouble: 'unavailable' } })
  t.strictSame(await store.append(stream, 'no_stream', events), { kind: 'written', revision: 1n })
})

t.test('a server that hangs as a whole, and comes back', async t => {
  const { connectionString, embedded } = await openStore(t)
  if (embedded === undefined) return t.comment('skipped: needs a server that hangs')
  const { store } = openFor(t, connectionString, 0.5)
  const stream = `${uniqueType('Hung')}-1`
  await store.append(stream, 'no_stream', things(1))
  embedded.faults.hang()
  const event = thing()
  t.match(await store.append(stream, 0n, [event]), { kind: 'unknown' })
  const second = await store.append(stream, 0n, [event])
  t.ok(['unknown', 'unavailable'].includes(second.kind), second.kind)
  await t.rejects(store.read(stream, { direction: 'forwards', from: 'start', count: 5 }), { cause: { trouble: 'timeout' } })
  embedded.faults.resume()
  await until(async () => (await store.append(stream, 0n, [event])).kind === 'written')
  t.match(await store.read(stream, { direction: 'forwards', from: 'start', count: 5 }), { head: 1n })
})
