import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import swagger from '@fastify/swagger'
import fastify from 'fastify'
import { generateApi } from 'swagger-typescript-api'
import t from 'tap'
import type { Test } from 'tap'
import ts from 'typescript'
import { accountCommands, transactionCommands } from '../../example-app/commands.js'
import { sender } from '../../lib/index.js'

/** The bank's description, as it goes over the wire. */
async function description (t: Test, openapi: string): Promise<Record<string, unknown>> {
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(swagger, { openapi: { openapi, info: { title: 'Bank', version: '1' } } })
  await app.register(sender, { aggregates: [accountCommands, transactionCommands], kurrent: { host: 'embedded' }, events: true, readinessRoute: true })
  await app.ready()
  return JSON.parse(JSON.stringify(app.swagger())) as Record<string, unknown>
}

const USE = `import { Api } from './client.js'

const { transaction } = new Api({ baseUrl: 'http://127.0.0.1:3000' })
const [comId, aggId] = ['', '']
const { data } = await transaction.transactionDeposit(comId, { aggId }, { amount: 1.13 })
export const revision: number = data.revision
export const happened: string[] = data.events.map(({ type }) => type)
// @ts-expect-error
await transaction.transactionDeposit(comId, { aggId }, { amounts: 1.13 })
// @ts-expect-error
await transaction.transactionDeposit(comId, {}, { amount: 1.13 })
// @ts-expect-error
await transaction.transactionDeposits(comId, { aggId }, { amount: 1.13 })
`

function faults (file: string): string[] {
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true
  })
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
}

for (const version of ['3.0.3', '3.1.0']) {
  t.test(`the description of the routes is valid by OpenAPI ${version}`, async t => {
    const { valid, errors } = await new Validator().validate(await description(t, version))
    t.ok(valid, JSON.stringify(errors))
  })
}

t.test('it makes a client that compiles, and that knows the fields', async t => {
  const folder = t.testdir({ 'use.ts': USE })
  await generateApi({ spec: await description(t, '3.0.3') as never, fileName: 'client.ts', output: folder, silent: true })
  t.same(faults(join(folder, 'use.ts')), [])
})
