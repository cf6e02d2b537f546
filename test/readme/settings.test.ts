import t from 'tap'
import { variable } from '../../lib/settings/environment.js'
import { aggregateFields, announceField, commandFields, kurrentFields } from '../../lib/settings/table.js'
import type { Field } from '../../lib/settings/table.js'
import { quoted, tableRows } from './markdown.js'

interface Row {
  readonly option: string
  readonly variable: string
  readonly field: Field
}

function section (option: string, name: string, fields: Readonly<Record<string, Field>>): Row[] {
  return Object.entries(fields).map(([key, field]) => ({ option: `${option}.${key}`, variable: variable(name, key), field }))
}

const settings: Row[] = [
  ...section('kurrent', 'KURRENT', kurrentFields),
  ...section('aggregate.Name', 'AGGREGATE_NAME', aggregateFields),
  ...section('command', 'COMMAND', commandFields),
  { option: 'announce', variable: 'ANNOUNCE', field: announceField }
]
const documented = tableRows('docs/settings.md')

t.test('the settings are those of the tables', async t => {
  t.same(documented.map(([option]) => quoted(option)), settings.map(({ option }) => option))
})

for (const { option, variable, field } of settings) {
  t.test(option, async t => {
    const [, name, fallback, meaning] = documented.find(([cell]) => quoted(cell) === option) ?? []
    t.equal(quoted(name), variable)
    t.ok(meaning)
    if (option === 'kurrent.hostname') t.equal(fallback, 'the machine\'s host name')
    else if (field.fallback === undefined) t.equal(fallback, 'none')
    else t.equal(quoted(fallback), String(field.fallback))
  })
}
