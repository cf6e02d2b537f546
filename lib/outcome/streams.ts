import { parseUuid } from '../definition/uuid.js'

/** The group that all workers of a type share, on its command stream. */
export const WORKERS_GROUP = 'UniStream'

/** The streams of one aggregate type; the layout is shared with the original UniStream.Kurrent. */
export interface StreamNames {
  /** Commands, in the order in which they are decided. */
  readonly commands: string
  /** Verdicts on commands that have no aggregate stream to stand in, and announced refusals. */
  readonly fail: string
  /** Announced successes, for the original's senders. */
  readonly duplicate: string
  /** The links of `$by_category` to all of the above but the commands. */
  readonly category: string
  /** How far the workers' sweep has seen the command stream; of no category, so that no sender sees it. */
  readonly sweep: string
  /** Links to the commands that the workers' group has parked: the server's own. */
  readonly parked: string
  /** How often workers have taken a parked or a lost command in hand; of no category likewise. */
  readonly attempts: string
  /** The events and refusals of one aggregate: the only place where outcomes are decided. */
  aggregate(aggId: string): string
  /** The aggregate whose stream this is, if it is one of this type's. */
  aggIdOf(stream: string): string | undefined
}

/** @param type the stored name of the aggregate type */
export function streamNames (type: string): StreamNames {
  const prefix = `${type}-`
  return {
    commands: type,
    fail: `${prefix}Fail`,
    duplicate: `${prefix}Duplicate`,
    category: `$ce-${type}`,
    sweep: `UniStream.Sweep.${type}`,
    parked: `$persistentsubscription-${type}::${WORKERS_GROUP}-parked`,
    attempts: `UniStream.Attempts.${type}`,
    aggregate: aggId => prefix + aggId,
    aggIdOf: stream => stream.startsWith(prefix) ? parseUuid(stream.slice(prefix.length)) : undefined
  }
}
