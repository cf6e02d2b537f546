export { Backoff } from './backoff.js'
export type * from './contract.js'
export { losesCommands } from './server-version.js'
export { Store } from './store.js'
