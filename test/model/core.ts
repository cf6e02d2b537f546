import { cooled, EMPTY_LANE, emptyView, movedTo, replay, step, warmed } from '../../lib/decision/index.js'
import type { LaneState } from '../../lib/decision/index.js'
import { commandOf } from '../../lib/outcome/index.js'

/** What the product decides by: all that the model calls. */
export interface Core {
  readonly step: typeof step
  readonly replay: typeof replay
  readonly emptyView: typeof emptyView
  readonly movedTo: typeof movedTo
  readonly warmed: typeof warmed
  readonly cooled: typeof cooled
  readonly commandOf: typeof commandOf
  readonly emptyLane: LaneState
}

export const product: Core = { step, replay, emptyView, movedTo, warmed, cooled, commandOf, emptyLane: EMPTY_LANE }
