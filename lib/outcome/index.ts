export { commandOf, OutcomeReader } from './reader.js'
export type { RecordedOutcome, Sighting, UnusableOutcome } from './reader.js'
export { parseJson, readMetadata, writeMetadata } from './metadata.js'
export type { EventMetadata } from './metadata.js'
export { OutcomeCode } from './outcome.js'
export type {
  CommandKey, Failed, FailedVerdict, Open, Outcome, OutcomeEvent, Refused, RefusedVerdict, Settled, StoredOutcome,
  Succeeded, SucceededVerdict, Verdict
} from './outcome.js'
export { announcedRefusal, announcedSuccess, commandEvent, failEvent, successEvents, verdictEvent } from './stored.js'
export type { Cause } from './stored.js'
export { readSweepMark, sweepMark } from './sweep-mark.js'
export type { OpenCommand, SweepMark } from './sweep-mark.js'
export { streamNames, WORKERS_GROUP } from './streams.js'
export type { StreamNames } from './streams.js'
