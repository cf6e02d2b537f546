export { Aggregator } from './aggregator.js'
export type { AggregatorOptions } from './aggregator.js'
export type { Settlement } from './lane.js'
export { AbandonedError, Patience } from './patience.js'
