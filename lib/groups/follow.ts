import { connectionSettings, readSettings } from '../settings/index.js'
import { Store } from '../store/index.js'
import type { StoreLog } from '../store/index.js'
import { UsageError } from './command-line.js'
import type { Wishes } from './command-line.js'
import { listGroups, removeGroup } from './sender-groups.js'
import { groupTable } from './table.js'

const log: StoreLog = {
  debug: () => {},
  info: () => {},
  warn: (_details, message) => { console.error(`warning: ${message}`) },
  error: (_details, message) => { console.error(message) }
}

/** By the variables of the plugins; those of aggregates and senders may stand beside them, and concern nobody here. */
function openStore (): Store {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('KURRENT_')))
  const { kurrent } = readSettings({}, environment, { aggregates: [] })
  if (kurrent.host === 'embedded') throw new UsageError('An embedded store is reached by its own process alone: KURRENT_HOST must name a server')
  const { connectionString, hosts, unverified } = connectionSettings({ ...kurrent, host: kurrent.host! })
  if (unverified) console.error(`warning: the certificate of ${hosts} is not verified`)
  return Store.open({ connectionString, callLimit: kurrent.callLimit, connectionName: 'unistream-groups' }, log)
}

/** Does on the store that the environment names what the command line asks for, and writes what came of it. */
export async function follow (wishes: Wishes): Promise<void> {
  const store = openStore()
  try {
    if (wishes.kind === 'remove') {
      await removeGroup(store, wishes.of, wishes.force)
      console.log(`removed ${wishes.of.group}`)
      return
    }
    const rows = await listGroups(store, wishes.type)
    console.log(rows.length === 0 ? 'no groups' : groupTable(rows))
  } finally {
    await store.close()
  }
}
