export { workersGroup } from './group.js'
export { Worker } from './worker.js'
export type { Readiness, WorkerOptions, WorkerSettings } from './worker.js'
