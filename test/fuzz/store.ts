/*
 * The store that is fuzzed, as a process of its own, with its data in the folder that is named: what was written must not count as
 * memory. It tells its parent where it listens, and when asked what it holds in memory after garbage collection. Needs `--expose-gc`.
 */
import { startEmbeddedStore } from '../../lib/embedded/index.js'

const [data] = process.argv.slice(2) as [string]
const store = await startEmbeddedStore({ data })
process.on('message', () => {
  globalThis.gc!()
  globalThis.gc!()
  const { heapUsed, external } = process.memoryUsage()
  process.send!({ held: heapUsed + external })
})
process.on('disconnect', () => { process.exit() })
process.send!({ port: store.port })
