export { startEmbeddedStore, type EmbeddedStore, type EmbeddedStoreOptions, type StopOptions } from './store.js'
export type { EmulatedVersion } from './emulation.js'
export type { Faults, StreamMatch } from './faults.js'
