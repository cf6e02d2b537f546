import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import * as errors from '../../lib/errors.js'
import { OutcomeCode } from '../../lib/outcome/index.js'
import { quoted, root, tableRows } from './markdown.js'

const rows = tableRows('docs/errors.md')
const documented = rows.map(([code]) => quoted(code)).filter(code => code !== undefined)
const ours = documented.filter(code => code.startsWith('UNISTREAM_'))

function sources (folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n')
}

function allIn (text: string, form: RegExp): string[] {
  return [...new Set([...text.matchAll(form)].map(match => match[1]!))].sort()
}

t.test('each code is documented once', async t => {
  t.same([...new Set(documented)], documented)
})

t.test('the errors of the code are those of the table', async t => {
  const used = allIn(sources('lib') + sources('plugins'), /\b(UNISTREAM(?:_[A-Z]+)+)(?![A-Z_])/g)
  t.same([...ours].sort(), used)
})

t.test('every exported error class has a row, with its status where it is answered', async t => {
  const anyArguments = ['', '', '']
  for (const [name, ErrorClass] of Object.entries(errors)) {
    const error = new (ErrorClass as unknown as new (...args: unknown[]) => Error & { code: string, statusCode: number })(...anyArguments)
    const row = rows.find(([code]) => quoted(code) === error.code)
    t.ok(row, `${name}: ${error.code}`)
    // Three columns: it stops start-up, or never leaves the worker. Four: the second one is the status of the answer.
    if (row?.length === 4) t.equal(row[1], String(error.statusCode), `${error.code} is answered with ${error.statusCode}`)
    else t.equal(error.statusCode, 500, `${error.code} is answered by nobody`)
  }
})

t.test('the codes of outcomes and of what is parked are those of the table', async t => {
  const parked = allIn(readFileSync(join(root, 'lib/decision/view.ts'), 'utf8') + readFileSync(join(root, 'lib/decision/ruling.ts'), 'utf8'),
    /'([A-Z]+(?:_[A-Z]+)+)'/g)
  t.ok(parked.length >= 5)
  const others = documented.filter(code => !code.startsWith('UNISTREAM_'))
  t.same([...others].sort(), [...Object.values(OutcomeCode), ...parked].sort())
})
