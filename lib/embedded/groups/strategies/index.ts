import type { StrategyName } from '../settings.js'
import { Pinned, PinnedByCorrelation } from './pinned.js'
import { DispatchToSingle, RoundRobin } from './rotation.js'
import type { Strategy } from './strategy.js'

export type { Choice, Strategy } from './strategy.js'

const MAKE: Record<StrategyName, () => Strategy> = {
  RoundRobin: () => new RoundRobin(),
  DispatchToSingle: () => new DispatchToSingle(),
  Pinned: () => new Pinned(),
  PinnedByCorrelation: () => new PinnedByCorrelation(),
}

/** A fresh strategy: it knows no consumer and no bucket yet. */
export function strategyNamed (name: StrategyName): Strategy {
  return MAKE[name]()
}
