import type { GroupSettings } from '../store/index.js'

/** Workers for which the group's history buffer is sized; more work too, and may wait for each other in a backlog. */
const WORKERS = 16

/**
 * The settings of the workers' group. From the start, since a command that came before the first worker waits for it;
 * no retry ever parks a message, since only what no worker can decide is parked, and said so; and a checkpoint after
 * each message that is done, as far as the interval allows.
 *
 * @param messageTimeout seconds until a command that is not acknowledged is delivered again
 * @param buffer commands that one worker holds
 */
export function workersGroup (messageTimeout: number, buffer: number): GroupSettings {
  return {
    startFrom: 'start',
    resolveLinkTos: false,
    messageTimeout: messageTimeout * 1000,
    maxRetryCount: 2 ** 31 - 1,
    checkPointAfter: 1000,
    checkPointLowerBound: 1,
    checkPointUpperBound: 1000,
    liveBufferSize: 4 * WORKERS * buffer,
    readBatchSize: 100,
    // One worker that stands still must not fill it, or the group would stand still with it.
    historyBufferSize: Math.max(4 * WORKERS * buffer, 500),
    strategy: 'PinnedByCorrelation'
  }
}
