/*
 * Prints how many assertions of a TAP file passed and how many failed: `123 0`. Skipped ones are neither. A file that was cut off
 * has a failure more.
 */
import { readFileSync } from 'node:fs'
import { Parser } from 'tap-parser'

const events = Parser.parse(readFileSync(process.argv[2], 'utf8'), { flat: true })
const asserts = events.filter(([kind]) => kind === 'assert').map(([, assert]) => assert)
const complete = events.find(([kind]) => kind === 'complete')?.[1]

const passed = asserts.filter(({ ok, skip, todo }) => ok && !skip && !todo).length
const failed = asserts.filter(({ ok, skip, todo }) => !ok && !skip && !todo).length
const broken = failed === 0 && complete?.ok !== true ? 1 : 0
console.log(`${passed} ${failed + broken}`)
