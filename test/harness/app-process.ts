import { writeSync } from 'node:fs'
import fastify from 'fastify'
import { Account } from '../../example-app/account.js'
import { Transaction } from '../../example-app/transaction.js'
import sender from '../../plugins/sender.js'
import subscriber from '../../plugins/subscriber.js'
import type { SettingsOptions } from '../../lib/settings/index.js'
import '../../example-app/lifeline.js'

/** What an application process is told by its parent. */
export interface AppProcessOptions {
  role: 'sender' | 'worker'
  /** 0 takes any that is free. */
  port?: number
  /** Writes a line for each request that it has read: `read`, and its command's id. */
  tellRead?: boolean
  settings: SettingsOptions
}

const { role, port = 0, tellRead = false, settings } = JSON.parse(process.argv[2]!) as AppProcessOptions
const app = fastify({ logger: { level: 'warn', stream: process.stderr } })
if (tellRead) {
  app.addHook<{ Params: { comId?: string } }>('onRequest', async ({ params }) => {
    // Before anything can become of the request, so that it is told even if the process ends at once.
    if (params.comId !== undefined) writeSync(1, `read ${params.comId}\n`)
  })
}
const aggregates = [Account, Transaction]
if (role === 'sender') await app.register(sender, { aggregates, events: true, readinessRoute: true, ...settings })
else await app.register(subscriber, { aggregates, readinessRoute: true, ...settings })

process.once('SIGTERM', async () => {
  await app.close()
  process.exit(0)
})
await app.listen({ host: '127.0.0.1', port })
const address = app.server.address()
writeSync(1, `port ${typeof address === 'object' ? address?.port : ''}\n`)
const watch = setInterval(() => {
  if (!app.unistream.readiness().ready) return
  clearInterval(watch)
  writeSync(1, 'ready\n')
}, 10)
