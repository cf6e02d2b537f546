export { RestoredStreams } from './restored.js'
export { Streams, type CommitListener, type DeleteResult, type StreamLimits, type StreamState } from './streams.js'
export type { AppendRequest, AppendResult, Expected, NewRecord } from './append.js'
export { isMetastream, metastreamOf, originalOf, isSoftDeleted, parseMetadata, type StreamMetadata } from './metadata.js'
