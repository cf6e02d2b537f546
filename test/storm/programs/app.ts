import { installClock, stepClock } from './clock.js'
import { obey, say } from './lifeline.js'
import type { AppOrder, AppWishes } from './orders.js'

/*
 * A sender or a worker of the storm's bank: everything of the product is that of the build that it is told.
 */

installClock()
const life: { told?: true, close?: () => Promise<unknown> } = {}
process.on('SIGTERM', () => {
  life.told = true
  end()
})
say({ says: 'up' })
obey<AppOrder>(({ clock }) => { stepClock(clock) })

/** As soon as there is something to be closed: until then the signal is kept in mind. */
function end (): void {
  life.close?.().then(() => process.exit(0))
}

const decided = new Set<string>()
function tell (aggId: string): void {
  if (decided.size === 0) setTimeout(tellAll, 20)
  decided.add(aggId)
}
function tellAll (): void {
  say({ says: 'decided', aggregates: [...decided] })
  decided.clear()
}

const { role, version, build, port, suffix, settings } = JSON.parse(process.argv[2]!) as AppWishes
const [{ default: fastify }, { bank, loadBuild }] = await Promise.all([import('fastify'), import('./bank.js')])
const product = await loadBuild(build)

const app = fastify({ logger: { level: 'info', stream: process.stderr }, disableRequestLogging: true, return503OnClosing: false })
const aggregates = bank(product, role === 'sender' ? 'new' : version, suffix, tell)
if (role === 'sender') await app.register(product.lib.sender, { aggregates, events: true, ...settings })
else await app.register(product.lib.subscriber, { aggregates, ...settings })

await app.listen({ host: '127.0.0.1', port })
life.close = async () => await app.close()
if (life.told) end()
let stands = false
setInterval(() => {
  const { ready, reasons } = app.unistream.readiness()
  if (ready === stands) return
  stands = ready
  say(ready ? { says: 'ready' } : { says: 'unready', reasons })
}, 20)
