import { parseArgs } from 'node:util'
import { readRecord } from '../history.js'
import type { Entry, Setting } from '../history.js'
import { check, rules } from './check.js'
import { readStreams } from './read.js'

/*
 * Holds a storm's record against the streams of its store, and says what is wrong: `main.ts --record FILE --store CONNECTION`. The code is 0
 * only if nothing is. It imports nothing of the product.
 */

const { values: { record: path, store, json } } = parseArgs({
  options: { record: { type: 'string' }, store: { type: 'string' }, json: { type: 'boolean', default: false } }
})
if (path === undefined) {
  console.error('Usage: --record FILE [--store CONNECTION_STRING] [--json]')
  process.exit(2)
}

const record: Entry[] = []
for await (const entry of readRecord(path)) record.push(entry)
const setting = record.find((entry): entry is Setting => entry.kind === 'setting')
if (setting === undefined) {
  console.error(`${path} is not the record of a storm: it has no setting`)
  process.exit(2)
}

const report = check(record, await readStreams(store ?? setting.store, setting.types))
if (json) {
  console.log(JSON.stringify(report))
} else {
  for (const [name, count] of Object.entries(report.counts)) console.log(`${String(count).padStart(12)}  ${name}`)
  for (const { name, says } of rules) {
    const broken = report.violations.filter(({ rule }) => rule === name)
    console.log(`${broken.length === 0 ? '  holds' : String(broken.length).padStart(7)}  ${name}: ${says}`)
    for (const { message, evidence } of broken.slice(0, 20)) console.log(`         ${message}\n         ${JSON.stringify(evidence)}`)
    if (broken.length > 20) console.log(`         and ${broken.length - 20} more`)
  }
}
process.exitCode = report.violations.length === 0 ? 0 : 1
