import { pathToFileURL } from 'node:url'
import { installClock, stepClock } from './clock.js'
import { obey, say } from './lifeline.js'
import type { StoreOrder, StoreWishes } from './orders.js'

/*
 * The embedded store on disk, with its faults within the storm's reach.
 */

/** Seconds for which open calls go on when it is stopped: less than a real server gives them, so that more else happens. */
const GRACE = 2

installClock()
const life: { told?: true, stop?: () => Promise<void> } = {}
process.on('SIGTERM', () => {
  life.told = true
  end()
})
say({ says: 'up' })

/** As soon as there is something to be stopped: until then the signal is kept in mind. */
function end (): void {
  life.stop?.().then(() => process.exit(0))
}

const { build, data, port, emulate } = JSON.parse(process.argv[2]!) as StoreWishes
const { startEmbeddedStore } = await import(new URL('lib/embedded/index.js', `${pathToFileURL(build).href}/`).href) as
  typeof import('../../../lib/embedded/index.js')

const store = await startEmbeddedStore({ data, port, emulate, warn: message => { console.error(message) } })

obey<StoreOrder>(order => {
  Promise.resolve(carryOut(order)).then(() => { say({ says: 'done', number: order.number }) })
})

/** What it gives resolves when that has happened. */
function carryOut (order: StoreOrder): Promise<void> | void {
  const { faults } = store
  switch (order.do) {
    case 'clock': return stepClock(order.by)
    case 'loseAnswer':
      return faults.loseAnswer(new RegExp(order.streams), order.fate)
    case 'dropConnections': return faults.dropConnections()
    case 'forgetIds': return faults.forgetIds()
    case 'holdLinks': return faults.holdLinks()
    case 'releaseLinks': return faults.releaseLinks()
    case 'redeliver':
      faults.redeliver(order.stream, order.group, BigInt(order.from))
  }
}

life.stop = async () => await store.stop({ grace: GRACE })
if (life.told) end()
say({ says: 'ready' })
