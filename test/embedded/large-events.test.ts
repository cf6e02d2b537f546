import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Log } from '../../lib/embedded/log/log.js'
import { MemoryLog } from '../../lib/embedded/log/memory/memory-log.js'
import type { LogRecord } from '../../lib/embedded/log/record.js'
import { Projections } from '../../lib/embedded/projections/index.js'
import { Streams, type NewRecord } from '../../lib/embedded/streams/index.js'
import { until } from '../harness/until.js'

const MIB = 1024 * 1024

/** A log that tells how many bytes were asked of it at once. */
class MeasuredLog extends MemoryLog implements Log {
  most = 0

  override async read (ordinals: readonly number[]): Promise<LogRecord[]> {
    return this.#measured(await super.read(ordinals))
  }

  override async slice (from: number, to: number): Promise<LogRecord[]> {
    return this.#measured(await super.slice(from, to))
  }

  #measured (records: LogRecord[]): LogRecord[] {
    this.most = Math.max(this.most, records.reduce((sum, { data }) => sum + data.length, 0))
    return records
  }
}

function opened (): { log: MeasuredLog, streams: Streams } {
  const log = new MeasuredLog()
  return { log, streams: new Streams(log, { maxAppendSize: 256 * MIB, maxAppendEventSize: 16 * MIB }) }
}

function large (size = MIB): NewRecord {
  return { id: randomUUID(), type: 'Large', json: false, data: Buffer.alloc(size), metadata: new Uint8Array(0) }
}

t.test('a page of large events ends at its bytes, in both directions', async (t) => {
  const { log, streams } = opened()
  await streams.append({ stream: 'large', expected: 'any', events: Array.from({ length: 20 }, () => large()) })
  const revisions: number[] = []
  for (let next = 0n; next < 20n; next = BigInt(revisions.length)) {
    for (const { revision } of await streams.readForwards('large', next, 128)) revisions.push(Number(revision))
  }
  t.same(revisions, Array.from({ length: 20 }, (_, i) => i))
  for (let next = 19n; next >= 0n; next = 19n - BigInt(revisions.length - 20)) {
    for (const { revision } of await streams.readBackwards('large', next, 128)) revisions.push(Number(revision))
  }
  t.same(revisions.slice(20), Array.from({ length: 20 }, (_, i) => 19 - i))
  t.ok(log.most >= 3 * MIB && log.most <= 5 * MIB, `${log.most} bytes at once`)
})

t.test('an event that is larger than a page is a page', async (t) => {
  const { streams } = opened()
  await streams.append({ stream: 'large', expected: 'any', events: [large(10 * MIB), large(10 * MIB)] })
  t.equal((await streams.readForwards('large', 0n, 128)).length, 1)
  t.equal((await streams.readBackwards('large', 1n, 128)).length, 1)
})

t.test('links to large events are followed a few at a time', async (t) => {
  const { streams } = opened()
  await streams.append({ stream: 'large', expected: 'any', events: Array.from({ length: 20 }, () => large()) })
  await streams.append({
    stream: 'links', expected: 'any', events: Array.from({ length: 20 }, (_, i) => ({ ...large(), type: '$>', data: Buffer.from(`${i}@large`) }))
  })
  const links = await streams.readForwards('links', 0n, 128)
  t.equal(links.length, 20)
  const resolved = await streams.resolveAll(links)
  t.ok(resolved.length >= 3 && resolved.length <= 5, `${resolved.length} at once`)
})

t.test('a projection that is behind looks at a few large events at a time', async (t) => {
  const { log, streams } = opened()
  const projections = new Projections(streams)
  projections.byCategory.hold()
  await projections.start()
  await streams.append({ stream: 'large-1', expected: 'any', events: Array.from({ length: 20 }, () => large()) })
  projections.byCategory.release()
  await until(() => streams.head('$ce-large') === 19n)
  t.ok(log.most <= 5 * MIB, `${log.most} bytes at once`)
  await projections.close()
})
