import type { GroupSettings } from '../../lib/embedded/groups/index.js'

/** For groups that are made inside the process. */
export const GROUP: GroupSettings = {
  resolveLinks: false,
  startFrom: 0n,
  extraStatistics: false,
  messageTimeout: 30_000,
  maxRetryCount: 10,
  liveBufferSize: 500,
  historyBufferSize: 500,
  readBatchSize: 20,
  checkpointAfter: 0,
  minCheckpointCount: 1,
  maxCheckpointCount: 1,
  maxSubscriberCount: 0,
  strategy: 'PinnedByCorrelation'
}
