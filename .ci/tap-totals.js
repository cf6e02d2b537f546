/*
 * Prints how many assertions of a TAP file passed and how many failed: `123 0`. Skipped ones are neither. A file that was cut off
 * has a failure more. Which failed, and why, goes to the standard error.
 */
import { readFileSync } from 'node:fs'
import { Parser } from 'tap-parser'

const events = Parser.parse(readFileSync(process.argv[2], 'utf8'), { flat: true })
const asserts = events.filter(([kind]) => kind === 'assert').map(([, assert]) => assert)
const complete = events.find(([kind]) => kind === 'complete')?.[1]

const isFailure = ({ ok, skip, todo }) => !ok && !skip && !todo
for (const { fullname, name, diag } of asserts.filter(isFailure)) {
  console.error(`not ok: ${fullname} > ${name}\n${JSON.stringify(diag, undefined, 2)}`)
}

const passed = asserts.filter(({ ok, skip, todo }) => ok && !skip && !todo).length
const failed = asserts.filter(isFailure).length
const broken = failed === 0 && complete?.ok !== true ? 1 : 0
console.log(`${passed} ${failed + broken}`)
