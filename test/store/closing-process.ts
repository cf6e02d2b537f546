import { Store } from '../../lib/store/index.js'
import { recordingLog } from '../harness/recording-log.js'
import { until } from '../harness/until.js'
import { groupSettings, things } from './things.js'

// Does a little of everything, closes, and says so. It has to end by itself then.
const [connectionString = '', stream = ''] = process.argv.slice(2)
const store = Store.open({ connectionString, callLimit: 10 }, recordingLog())
const subscription = store.subscribe({ stream, group: 'UniStream', settings: groupSettings(), bufferSize: 10, onDelivery: () => undefined })
await until(() => subscription.standing)
await store.append(stream, 'any', things(1))
await store.read(stream, { direction: 'forwards', from: 'start', count: 1 })
await store.close()
process.stdout.write('closed')
