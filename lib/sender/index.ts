export { CategoryWatch } from './category-watch.js'
export { AggregateSender } from './sender.js'
export type { AggregateSenderOptions } from './sender.js'
export type { FindRequest, Readiness, SenderSettings, SendRequest, SendResult } from './contract.js'
