import t from 'tap'
import { MemoryLog } from '../../lib/embedded/log/memory/memory-log.js'
import type { LogRecord } from '../../lib/embedded/log/record.js'
import { record, same } from './logs.js'

/** More streams than a segment remembers the names of, so often that there are several segments. */
const STREAMS = 1_500
const ROUNDS = 10

t.test('each record is read as it was written, however often its stream and its type were written before', async t => {
  const log = new MemoryLog()
  const written: LogRecord[] = []
  for (let n = 0; n < STREAMS * ROUNDS; n++) {
    // Some names are longer than what is written letter by letter, and some have other letters.
    const name = `${n % 3 === 0 ? 'straße-'.repeat(20) : 's'}${n % STREAMS}`
    written.push({ ...record(name, Math.floor(n / STREAMS), n % 50), type: n % 2 === 0 ? 'Happened' : name, json: n % 5 !== 0 })
  }
  for (let from = 0; from < written.length; from += 100) await log.append(written.slice(from, from + 100)).durable
  t.equal(log.confirmed, written.length)
  t.ok(same(await log.slice(0, 1e9), written))
  const backwards = written.map((_, at) => written.length - 1 - at)
  t.ok(same(await log.read(backwards), [...written].reverse()))
  t.ok(written.every(({ id, position }, at) => log.idAt(at) === id && log.positionAt(at) === position))
  t.ok(written.every(({ position }, at) => log.ordinalFrom(position) === at && log.ordinalFrom(position - 1n) === at))
  t.equal(log.lastPosition, written.at(-1)!.position)
})

t.test('a record may be larger than a segment', async t => {
  const log = new MemoryLog()
  const written = [record('a', 0), record('a', 1, 3_000_000), record('a', 2)]
  await log.append(written).durable
  t.ok(same(await log.slice(0, 3), written))
})
