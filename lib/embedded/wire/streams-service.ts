import { MESSAGE_LIMITS, type Emulation } from '../emulation.js'
import type { Streams } from '../streams/index.js'
import type { Answers } from './answers.js'
import { appendHandler } from './append.js'
import { batchAppendHandler, batchAppendMethod } from './batch-append.js'
import { OpenCalls } from './calls.js'
import { deleteHandler, tombstoneHandler } from './delete.js'
import { stopping } from './errors.js'
import { streamsGrpc } from './protocol.js'
import { readHandler, readMethod } from './read.js'
import type { WireService } from './service.js'
import { Signals } from './signals.js'

/** The service of streams: appends of both kinds, reads, subscriptions, deletions. */
export function streamsService (streams: Streams, answers: Answers, { caughtUpSaysWhere, liveFollowersBear }: Emulation): WireService {
  const open = new OpenCalls()
  return {
    definition: { ...streamsGrpc.StreamsService, batchAppend: batchAppendMethod, read: readMethod },
    handlers: {
      append: appendHandler(streams, answers),
      batchAppend: batchAppendHandler(streams, answers, open),
      read: readHandler({ streams, signals: new Signals(streams), caughtUpSaysWhere, liveFollowersBear: liveFollowersBear ?? Infinity }, open),
      delete: deleteHandler(streams),
      tombstone: tombstoneHandler(streams)
    },
    maxMessageBytes: MESSAGE_LIMITS.streams,
    endCalls: () => { open.endAll(stopping) },
    breakOff: () => { open.breakOffAll() }
  }
}
