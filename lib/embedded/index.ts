export { startEmbeddedStore, type EmbeddedStore, type EmbeddedStoreOptions } from './store.js'
export type { Faults, StreamMatch } from './faults.js'
