import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Appended, Log } from '../../lib/embedded/log/log.js'
import { MemoryLog } from '../../lib/embedded/log/memory/memory-log.js'
import type { LogRecord } from '../../lib/embedded/log/record.js'
import { Projections } from '../../lib/embedded/projections/index.js'
import { Streams, type NewRecord } from '../../lib/embedded/streams/index.js'
import { until } from '../harness/until.js'
import { rejection } from './consumer.js'

/** A log on a disk that is full while a test says so: what it takes then it gives back a little later. */
class FullLog extends MemoryLog implements Log {
  full = false
  #handed = 0

  override append (records: readonly LogRecord[]): Appended {
    if (!this.full) return super.append(records)
    const first = this.confirmed + this.#handed
    this.#handed += records.length
    return {
      first,
      durable: new Promise((resolve, reject) => {
        setImmediate(() => {
          this.#handed = 0
          reject(new Error('No space left'))
        })
      })
    }
  }
}

function opened (): { log: FullLog, streams: Streams } {
  const log = new FullLog()
  return { log, streams: new Streams(log, { maxAppendSize: 1e6, maxAppendEventSize: 1e6 }) }
}

function record (id: string = randomUUID()): NewRecord {
  return { id, type: 'Tried', json: true, data: Buffer.from('{}'), metadata: new Uint8Array(0) }
}

t.test('what the log did not keep was never there, and writing goes on when there is room', async (t) => {
  const { log, streams } = opened()
  const known = record()
  await streams.append({ stream: 'a-1', expected: 'no_stream', events: [record()] })
  log.full = true
  const failed = await Promise.all([
    streams.append({ stream: 'a-1', expected: 0n, events: [known] }),
    streams.append({ stream: 'a-1', expected: 'any', events: [known] }),
    streams.append({ stream: 'a-1', expected: 1n, events: [record()] }),
    streams.append({ stream: 'new', expected: 'no_stream', events: [record()] }),
    streams.setMetadata('a-1', '{"$maxCount":1}'),
    streams.softDelete('a-1'),
    streams.tombstone('a-1'),
    // Nor is anybody told of a conflict with it.
    streams.append({ stream: 'a-1', expected: 'any', events: [record()] })
  ].map(rejection))
  for (const error of failed) t.match(error, { message: 'No space left' })
  t.equal(streams.state('a-1'), 'live')
  t.equal(streams.head('a-1'), 0n)
  t.equal(streams.state('new'), 'none')

  log.full = false
  t.match(await streams.append({ stream: 'a-1', expected: 'any', events: [known] }), { kind: 'written', revision: 1n }, 'its id is not known')
  t.match(await streams.append({ stream: 'a-1', expected: 0n, events: [known] }), { kind: 'written', revision: 1n })
  t.match(await streams.append({ stream: 'new', expected: 'no_stream', events: [record()] }), { kind: 'written', revision: 0n })
  t.same((await streams.readForwards('a-1', 0n, 10)).map(({ revision }) => revision), [0n, 1n])
})

t.test('streams that could never be written to leave nothing behind', async (t) => {
  const { log, streams } = opened()
  await streams.append({ stream: 'kept-1', expected: 'any', events: [record()] })
  await streams.setMetadata('planned', '{"$maxCount":5}')
  log.full = true
  await Promise.all(Array.from({ length: 100 }, (_, n) => rejection(streams.append({ stream: `new-${n}`, expected: 'any', events: [record()] }))))
  t.same([...streams.named('')], ['kept-1', '$$planned', 'planned'])
  log.full = false
  await streams.append({ stream: 'new-3', expected: 'no_stream', events: [record()] })
  t.same((await streams.readForwards('new-3', 0n, 10)).length, 1)
  t.same([...streams.named('')], ['kept-1', '$$planned', 'planned', 'new-3'])
})

t.test('nobody sees or hears of an event before it is confirmed', async (t) => {
  const { streams } = opened()
  const heard: string[] = []
  streams.onCommit((records) => { heard.push(...records.map(({ id }) => id)) })
  const first = record()
  const appended = streams.append({ stream: 's', expected: 'any', events: [first] })
  const again = streams.append({ stream: 's', expected: 'no_stream', events: [first] })
  t.equal(streams.state('s'), 'none')
  t.equal(streams.head('s'), -1n)
  t.same(await streams.readForwards('s', 0n, 10), [])
  t.same(heard, [])
  // Its time does not keep a process alive.
  const alive = setInterval(() => {}, 1_000)
  t.teardown(() => { clearInterval(alive) })
  t.match(await rejection(again), { message: /already/ }, 'who repeats it before that hears of it too late')
  t.same(heard, [first.id])
  t.same(await streams.append({ stream: 's', expected: 'no_stream', events: [first] }), await appended)
})

t.test('links wait for room too', async (t) => {
  const { log, streams } = opened()
  const projections = new Projections(streams)
  const links = projections.byCategory
  await projections.start()
  log.full = true
  await rejection(streams.append({ stream: 'a-1', expected: 'any', events: [record()] }))
  log.full = false
  await streams.append({ stream: 'a-1', expected: 'any', events: [record()] })
  log.full = true
  await streams.settled()
  await until(() => links.progress < 100)
  log.full = false
  await streams.append({ stream: 'a-1', expected: 'any', events: [record()] })
  await until(() => links.progress === 100)
  const found = await streams.readForwards('$ce-a', 0n, 10)
  t.same(found.map(({ data }) => Buffer.from(data).toString()), ['0@a-1', '1@a-1'])
  await projections.close()
})
