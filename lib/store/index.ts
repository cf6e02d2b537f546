export type * from './contract.js'
export { Store } from './store.js'
