import { writeSync } from 'node:fs'
import { Store } from '../../lib/store/index.js'
import { Worker } from '../../lib/subscriber/index.js'
import { defineCounter } from './counter.js'
import '../../example-app/lifeline.js'
import { recordingLog } from './recording-log.js'

/** What a worker process is told by its parent. */
export interface WorkerProcessOptions {
  connectionString: string
  type: string
  /** Seconds. */
  messageTimeout: number
  /** `auto` unless said. */
  sweep?: 'auto' | 'always'
  /** The process ends or stops itself while it decides this command. */
  at?: { comId: string, signal: 'SIGKILL' | 'SIGSTOP' }
}

const { connectionString, type, messageTimeout, sweep = 'auto', at } = JSON.parse(process.argv[2]!) as WorkerProcessOptions
const counter = defineCounter(type)
let struck = false
const aggregate: typeof counter = {
  ...counter,
  decide (command, state, data, context) {
    if (at !== undefined && context.comId === at.comId && !struck) {
      struck = true
      // Written at once, since nothing of this process runs after the signal.
      writeSync(1, 'struck\n')
      process.kill(process.pid, at.signal)
    }
    return counter.decide(command, state, data, context)
  }
}
const log = recordingLog()
const store = Store.open({ connectionString, callLimit: 5 }, log)
const worker = new Worker({
  aggregates: [aggregate],
  store,
  log,
  settings: {
    messageTimeout,
    buffer: 64,
    drainTime: 5,
    sweep,
    announce: false,
    aggregate: () => ({ capacity: 100, multiple: 3, latest: 0 })
  }
})
worker.start()
process.once('SIGTERM', async () => {
  await worker.close()
  await store.close()
  process.exit(0)
})
const watch = setInterval(() => {
  if (!worker.readiness().ready) return
  clearInterval(watch)
  writeSync(1, 'ready\n')
}, 10)
