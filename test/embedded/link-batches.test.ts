import { randomUUID } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Groups } from '../../lib/embedded/groups/index.js'
import { MemoryLog } from '../../lib/embedded/log/memory/memory-log.js'
import { Pace } from '../../lib/embedded/projections/pace.js'
import { ByCategory } from '../../lib/embedded/projections/rules/by-category.js'
import { Projections } from '../../lib/embedded/projections/index.js'
import { Streams } from '../../lib/embedded/streams/index.js'
import { Signals } from '../../lib/embedded/wire/signals.js'
import { until } from '../harness/until.js'
import { GROUP } from './group-settings.js'

const EVENTS = 300

async function opened (): Promise<Streams> {
  const streams = new Streams(new MemoryLog(), { maxAppendSize: 1e6, maxAppendEventSize: 1e6 })
  await new Projections(streams).start()
  return streams
}

/** In how many commits the links of events came that were appended one in a turn of the event loop. */
async function linkCommits (streams: Streams): Promise<number> {
  let commits = 0
  const before = streams.head('$ce-order')
  const done = streams.onCommit((records) => { if (records.some(({ stream }) => stream === '$ce-order')) commits++ })
  for (let i = 0; i < EVENTS; i++) {
    await streams.append({
      stream: `order-${i % 3}`,
      expected: 'any',
      events: [{ id: randomUUID(), type: 'Placed', json: true, data: Buffer.from('{}'), metadata: new Uint8Array(0) }]
    })
    await turn()
  }
  await until(() => streams.head('$ce-order') === before + BigInt(EVENTS))
  done()
  return commits
}

t.test('links that nobody follows are written many together', async (t) => {
  const streams = await opened()
  const unfollowed = await linkCommits(streams)
  const end = new Signals(streams).onStream('$ce-other', () => {})
  const followed = await linkCommits(streams)
  t.ok(followed > EVENTS / 2, `${followed} commits while somebody follows one of the projection's streams`)
  t.ok(unfollowed < followed / 2, `${unfollowed} commits while nobody does`)
  end()
  t.ok(await linkCommits(streams) < followed / 2)
})

t.test('who follows the whole log follows the links too', async (t) => {
  const streams = await opened()
  const end = new Signals(streams).onAll(() => {})
  t.ok(await linkCommits(streams) > EVENTS / 2)
  end()
  t.ok(await linkCommits(streams) < EVENTS / 2)
})

t.test('groups follow', async (t) => {
  const streams = await opened()
  const groups = new Groups(streams)
  await groups.start()
  await groups.create('$ce-other', 'one', GROUP)
  await groups.create('$ce-other', 'two', GROUP)
  await groups.delete('$ce-other', 'one')
  t.ok(await linkCommits(streams) > EVENTS / 2)
  await groups.update('$ce-other', 'two', GROUP)
  t.ok(await linkCommits(streams) > EVENTS / 2)
  await groups.stop()
  t.ok(await linkCommits(streams) < EVENTS / 2)
})

t.test('who follows other streams hurries no link', async (t) => {
  const streams = await opened()
  new Signals(streams).onStream('order-1', () => {})
  t.ok(await linkCommits(streams) < EVENTS / 2)
})

t.test('what waits for more is looked at when there is enough, when somebody follows, or when it is wanted', async (t) => {
  const { followers } = await opened()
  let looks = 0
  const pace = new Pace(followers, new ByCategory(), () => { looks++ })
  const hurries = [
    () => { pace.more(true) },
    () => {
      followers.add('$ce-other')
      pace.more(false)
      followers.remove('$ce-other')
    },
    () => { pace.hurry() }
  ]
  pace.begin(false)
  await turn()
  t.equal(looks, 1, 'the first waits for nothing')
  for (const [place, hurry] of hurries.entries()) {
    pace.rest()
    const begun = performance.now()
    pace.begin(false)
    hurry()
    hurry()
    await turn()
    t.equal(looks, place + 2)
    await until(() => performance.now() - begun > 100)
    t.equal(looks, place + 2, 'once')
  }
  pace.rest()
  pace.begin(false)
  await until(() => looks === hurries.length + 2)
})
