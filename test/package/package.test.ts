import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import { installPackage } from './installed.js'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

/** Uses all of the package's entries: commands go from a sender by an embedded store to a worker and back. */
const USE = `
async function use ({ root, senderEntry, subscriberEntry, embeddedEntry, Fastify, Type }) {
  const { creates, defineAggregate, defineCommands, defineEvents } = root
  const assert = (truth, what) => { if (!truth) throw new Error(what) }
  assert(senderEntry.default === root.sender && senderEntry.sender === root.sender, 'one sender')
  assert(subscriberEntry.default === root.subscriber && subscriberEntry.subscriber === root.subscriber, 'one subscriber')

  const commands = defineCommands('Account', { CreateAccount: Type.Object({ owner: Type.String() }) })
  const event = defineEvents({ AccountCreated: Type.Object({ owner: Type.String() }) })
  const Account = defineAggregate(commands, {
    initialState: { owner: '' },
    events: event,
    evolve: { AccountCreated: (account, { owner }) => ({ owner }) },
    decide: { CreateAccount: creates((account, { owner }) => event.AccountCreated({ owner })) }
  })
  const store = await embeddedEntry.startEmbeddedStore()
  const app = Fastify()
  await app.register(senderEntry.default, { aggregates: [commands], kurrent: { host: store.connectionString } })
  await app.register(subscriberEntry.default, { aggregates: [Account] })
  await app.ready()
  const answer = await app.inject({
    method: 'POST',
    url: '/Account/CreateAccount/5f0c8f2e-6f4b-4a57-9d3e-0c3b1f6c7a10?aggId=9b2f6d1c-3a0e-4f67-8c1d-2b7e6a90d411',
    body: { owner: 'Ann' }
  })
  await app.close()
  await store.stop()
  console.log(answer.statusCode, answer.json().revision)
}
`

const IMPORTED = `
import * as root from 'fastify-unistream'
import * as senderEntry from 'fastify-unistream/sender'
import * as subscriberEntry from 'fastify-unistream/subscriber'
import * as embeddedEntry from 'fastify-unistream/embedded'
import Fastify from 'fastify'
import { Type } from '@sinclair/typebox'
await use({ root, senderEntry, subscriberEntry, embeddedEntry, Fastify, Type })
${USE}`

const REQUIRED = `
use({
  root: require('fastify-unistream'),
  senderEntry: require('fastify-unistream/sender'),
  subscriberEntry: require('fastify-unistream/subscriber'),
  embeddedEntry: require('fastify-unistream/embedded'),
  Fastify: require('fastify'),
  Type: require('@sinclair/typebox').Type
}).catch((error) => { console.error(error); process.exit(1) })
${USE}`

const TYPED = `
import Fastify from 'fastify'
import { creates, defineAggregate, defineCommands, defineEvents, sender, subscriber, StoreUnavailableError } from 'fastify-unistream'
import type { Outcome } from 'fastify-unistream'
import senderPlugin, { type SenderOptions } from 'fastify-unistream/sender'
import subscriberPlugin, { type SubscriberOptions } from 'fastify-unistream/subscriber'
import { startEmbeddedStore, type EmbeddedStore } from 'fastify-unistream/embedded'
import { Type } from '@sinclair/typebox'

const commands = defineCommands('Account', { CreateAccount: Type.Object({ owner: Type.String() }) })
const event = defineEvents({ AccountCreated: Type.Object({ owner: Type.String() }) })
const Account = defineAggregate(commands, {
  initialState: { owner: '' },
  events: event,
  evolve: { AccountCreated: (_account, { owner }) => ({ owner }) },
  decide: { CreateAccount: creates((_account, { owner }) => event.AccountCreated({ owner })) }
})
declare module 'fastify-unistream' {
  interface UnistreamAggregates { Account: typeof commands }
}

const sending: SenderOptions = { aggregates: [commands], kurrent: { host: 'embedded' } }
const deciding: SubscriberOptions = { aggregates: [Account] }
export async function use (): Promise<Outcome> {
  const app = Fastify()
  await app.register(senderPlugin, sending)
  await app.register(subscriber, deciding)
  // @ts-expect-error a field of this name is not in the schema
  await app.unistream.Account.CreateAccount({ aggId: '', comId: '', command: { name: 'Ann' } })
  // @ts-expect-error there is no such command
  await app.unistream.Account.DropAccount({ aggId: '', comId: '', command: {} })
  return await app.unistream.Account.CreateAccount({ aggId: '', comId: '', command: { owner: 'Ann' } })
}
export const store: Promise<EmbeddedStore> = startEmbeddedStore()
export const away: Error & { code: string } = new StoreUnavailableError()
export { sender, subscriberPlugin }
`

const TYPED_REQUIRE = `
import unistream = require('fastify-unistream')
import senderEntry = require('fastify-unistream/sender')
export const plugin: typeof unistream.sender = senderEntry.default
`

const CONFIG = {
  compilerOptions: { module: 'nodenext', target: 'es2022', lib: ['es2023'], strict: true, skipLibCheck: false, noEmit: true, types: ['node'] },
  files: ['typed.mts', 'typed-require.cts']
}

t.test('the package, packed and installed into an empty folder', async t => {
  const installed = await installPackage(t)

  await t.test('works by import', async t => {
    await installed.write('imported.mjs', IMPORTED)
    t.equal(await installed.run(process.execPath, 'imported.mjs'), '201 0\n')
  })

  await t.test('works by require', async t => {
    await installed.write('required.cjs', REQUIRED)
    t.equal(await installed.run(process.execPath, 'required.cjs'), '201 0\n')
  })

  await t.test('brings the store as a program', async t => {
    t.equal(await installed.run('node_modules/.bin/unistream-store', '--version'), `${installed.version}\n`)
  })

  await t.test('brings the command for groups', async t => {
    t.equal(await installed.run('node_modules/.bin/unistream-groups', '--version'), `${installed.version}\n`)
  })

  await t.test('has types that hold under nodenext, those of its dependencies included', async t => {
    await installed.write('typed.mts', TYPED)
    await installed.write('typed-require.cts', TYPED_REQUIRE)
    await installed.write('tsconfig.json', JSON.stringify(CONFIG))
    t.equal(await installed.run(process.execPath, tsc, '-p', '.').catch((error: { stdout: string }) => error.stdout), '')
  })

  await t.test('gives publint nothing to find', async t => {
    const tarball = await readFile(installed.tarball)
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: new Uint8Array(tarball).buffer } })
    t.same(messages.map(message => formatMessage(message, pkg, { color: false })), [])
  })
})
