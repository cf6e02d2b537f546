/*
 * Fills a data folder with so many records, links among them: `fill-log.js FOLDER RECORDS STREAM_LENGTH`. The parent process hears
 * how far it is. What stands there already counts.
 */
import { randomUUID } from 'node:crypto'
import { DiskLog } from '../../lib/embedded/log/disk/disk-log.js'
import { Projections } from '../../lib/embedded/projections/index.js'
import { Streams, StreamTable, type NewRecord } from '../../lib/embedded/streams/index.js'

/** Streams that are written at once. */
const BATCH = 400

const METADATA = () => Buffer.from(`{"$correlationId":"${randomUUID()}","$causationId":"${randomUUID()}"}`)
const DATA = Buffer.from('{"amount":12.5,"remark":"a deposit of the benchmark"}')

const [folder, recordsText, lengthText] = process.argv.slice(2) as [string, string, string]
const records = Number(recordsText)
const length = Number(lengthText)

const table = new StreamTable()
const log = await DiskLog.open(folder, { visit: (found, ordinal) => { table.restore(found, ordinal) } })
const streams = new Streams(log, { maxAppendSize: 2 ** 28, maxAppendEventSize: 2 ** 24 }, table)
const projections = new Projections(streams)
await projections.start()

function event (): NewRecord {
  return { id: randomUUID(), type: 'AccountDeposited', json: true, data: DATA, metadata: METADATA() }
}

let told = 0
while (log.confirmed < records) {
  if (Date.now() - told > 1_000) {
    told = Date.now()
    process.send?.(`filling: ${log.confirmed} of ${records} records`)
  }
  // Each record of an event brings one of a link.
  const missing = Math.ceil((records - log.confirmed) / 2 / length)
  const names = Array.from({ length: Math.min(BATCH, Math.max(1, missing)) }, () => `Account-${randomUUID()}`)
  for (let revision = 0; revision < length; revision++) {
    await Promise.all(names.map((stream) => streams.append({ stream, expected: BigInt(revision - 1) === -1n ? 'no_stream' : BigInt(revision - 1), events: [event()] })))
  }
  while (projections.byCategory.progress < 100) await new Promise((resolve) => setTimeout(resolve, 1))
}
await projections.close()
await log.close()
process.disconnect?.()
