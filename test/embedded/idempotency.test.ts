import { randomUUID } from 'node:crypto'
import t from 'tap'
import { onRealServer } from '../harness/store.js'
import { eventsOf, open, own, rejection } from './consumer.js'
import { PATHS, append, event, events, streamOf } from './stream-kinds.js'

const skip = onRealServer && 'a real server makes no faults on demand'

for (const path of PATHS) {
  t.test(`known ids at an exact revision, by ${path}`, async (t) => {
    const { client } = await open(t)
    const stream = await streamOf(client, 'new')
    const [a, b, c] = [event(), event(), event()]
    await append(client, path, stream, [a, b, c], 'no_stream')

    t.same(await append(client, path, stream, [a, b, c], 'no_stream'), { written: 2n }, 'all of them')
    t.same(await append(client, path, stream, [a], 'no_stream'), { written: 0n }, 'the first of them')
    t.same(await append(client, path, stream, [b], 0n), { written: 1n }, 'one in the middle')
    t.same(await append(client, path, stream, [event(b.id, { other: true })], 0n), { written: 1n }, 'the data is not compared')
    t.same(await append(client, path, stream, [b, event()], 0n), { conflict: 2n, expected: 0n }, 'one, and one that is another')
    t.same(await append(client, path, stream, [b, c, event()], 0n), { conflict: 2n, expected: 0n }, 'two, and one more than stands there')
    t.same(await append(client, path, stream, [event(), c], 0n), { conflict: 2n, expected: 0n }, 'one that is another, and one')
    t.same(await append(client, path, stream, [c], 0n), { conflict: 2n, expected: 0n }, 'one that stands elsewhere')
    t.equal((await eventsOf(client, stream)).length, 3)

    t.same(await append(client, path, stream, [a], 2n), { written: 3n }, 'at the head a known id is written again')
  })

  t.test(`known ids without an exact revision, by ${path}`, async (t) => {
    const { client } = await open(t)
    const stream = await streamOf(client, 'new')
    const [a, b, c] = [event(), event(), event()]
    await append(client, path, stream, [a, b], 'any')

    t.same(await append(client, path, stream, [a, b], 'any'), { written: 1n }, 'all of them')
    t.same(await append(client, path, stream, [a, b], 'stream_exists'), { written: 1n }, 'all of them in a stream that exists')
    t.same(await append(client, path, stream, [a], 'any'), { written: 0n }, 'some of them')
    t.same(await append(client, path, stream, [event(a.id, { other: true })], 'any'), { written: 0n }, 'the data is not compared')
    t.same(await append(client, path, stream, [a, c], 'any'), { conflict: 1n, expected: 'any' }, 'a known one, then a new one')
    t.same(await append(client, path, stream, [c, a], 'any'), { written: 3n }, 'a new one, then a known one: both are written')
    t.same((await eventsOf(client, stream)).map(({ event }) => event?.id), [a.id, b.id, c.id, a.id])

    const twice = event()
    t.same(await append(client, path, stream, [twice, twice], 'any'), { written: 5n }, 'one id twice in one append')
    t.same(await append(client, path, await streamOf(client, 'live'), [a], 'any'), { written: 3n }, 'in another stream')
  })
}

t.test('a known id does not bring a deleted stream back', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  const known = event()
  await client.appendToStream(stream, [known])
  await client.deleteStream(stream)
  t.same(await append(client, 'BatchAppend', stream, [known], 'any'), { written: 0n })
  t.same(await append(client, 'BatchAppend', stream, [known], 'no_stream'), { written: 0n })
  t.match(await rejection(eventsOf(client, stream)), { type: 'stream-not-found' })
})

t.test('the same append many times at once is written once; who comes before that is certain hears of it too late', async (t) => {
  const { client } = await open(t)
  for (const expected of ['any', 'no_stream'] as const) {
    const stream = await streamOf(client, 'new')
    const known = events(3)
    const answers = await Promise.all(Array.from({ length: 20 }, () =>
      append(client, 'BatchAppend', stream, known, expected).catch((error: unknown) => error)))
    t.ok(answers.some((answer) => (answer as { written?: bigint }).written === 2n))
    for (const answer of answers.filter((answer) => answer instanceof Error)) t.match(answer, { type: 'deadline-exceeded' })
    t.same(await append(client, 'BatchAppend', stream, known, expected), { written: 2n })
    t.equal((await eventsOf(client, stream)).length, 3)
  }
})

t.test('the position of what is known is where it stands', async (t) => {
  const { client } = await open(t)
  const stream = await streamOf(client, 'new')
  const known = events(2)
  const first = await client.appendToStream(stream, known)
  await client.appendToStream(stream, events(1))
  t.same((await client.appendToStream(stream, known)).position, first.position)
  t.same((await client.appendToStream(stream, known, { streamState: 'no_stream' })).position, first.position)
})

t.test('ids that are forgotten are written again once, exact revisions know them for ever', { skip }, async (t) => {
  const { client, embedded } = await own(t)
  const stream = await streamOf(client, 'new')
  const known = event()
  await client.appendToStream(stream, [known], { streamState: 'no_stream' })
  embedded?.faults.forgetIds()
  t.same(await append(client, 'BatchAppend', stream, [known], 'no_stream'), { written: 0n })
  t.same(await append(client, 'BatchAppend', stream, [known], 'any'), { written: 1n })
  t.same(await append(client, 'BatchAppend', stream, [known], 'any'), { written: 1n })
})

t.test('the memory of ids is bounded', async (t) => {
  const { client } = await open(t)
  // The longer the names, the fewer ids fit: 50,000 with 55 letters, as seen on a real server, and some 4,000 with a thousand.
  const stream = `forgetful${randomUUID()}${'-'.repeat(955)}`
  const [old, young] = [event(), event()]
  await client.appendToStream(stream, [old])
  for (let batch = 0; batch < 8; batch++) await client.appendToStream(stream, events(1_000))
  const { nextExpectedRevision: head } = await client.appendToStream(stream, [young])
  t.same(await append(client, 'BatchAppend', stream, [young], 'any'), { written: head }, 'what came last is known')
  t.same(await append(client, 'BatchAppend', stream, [old], 'any'), { written: head + 1n }, 'what came 8,000 events ago is not')
})
