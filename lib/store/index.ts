export { Backoff } from './backoff.js'
export type * from './contract.js'
export { Store } from './store.js'
