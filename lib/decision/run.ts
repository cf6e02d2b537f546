import type { AnyAggregate } from '../definition/index.js'
import type { AppendAnswer, NewEvent } from '../store/contract.js'
import { rule, SUSPECT_DELIVERIES, weightOf } from './ruling.js'
import type { Decided, Parking, TakenCommand } from './ruling.js'
import { isBelow } from './view.js'
import type { View } from './view.js'

/** How much one run may carry. */
export interface RunLimits {
  readonly commands: number
  /** What the events of one append may weigh. */
  readonly bytes: number
}

/** Servers before 25.1 take 1 MiB in one append. */
export const RUN_LIMITS: RunLimits = { commands: 500, bytes: 900 * 1024 }

/**
 * What is next for the commands that wait for one aggregate.
 *
 * `look`: some of their ids may stand in the stream; nothing may be decided before a reading has told which do.
 * `run`: the rulings on the first commands, and what must be appended before any of them is made known.
 */
export type Plan =
  | { readonly kind: 'look', readonly comIds: readonly string[] }
  | Run

export interface Run {
  readonly kind: 'run'
  /** The view that it was decided on. */
  readonly view: View
  /** One for each of the commands taken, in order; the commands beyond are for the next run. */
  readonly rulings: readonly RunRuling[]
  readonly events: readonly NewEvent[]
}

export type RunRuling =
  | (Decided & { readonly comId: string })
  /** Its outcome stands in the stream already. */
  | { readonly kind: 'stands', readonly comId: string }
  /** The same command is decided earlier in this run, and shares its fate. */
  | { readonly kind: 'twin', readonly comId: string }
  | { readonly kind: 'parked', readonly comId: string, readonly parking: Parking }

/**
 * Decides a run of commands of one aggregate, one after the other, in memory.
 *
 * That an outcome is the only one rests on this: it is appended at the exact revision of the view, where the store writes
 * only while nobody else has; and the view knows the ids of all commands whose outcomes stand at or below that revision, and
 * this run knows its own. So nothing that stands below is decided again, and nothing can come between.
 *
 * That it is decided on the state that the stream gives rests on the same: the store writes the run's events behind the view's
 * revision, side by side and in order, or none of them.
 *
 * An id that the view does not know has no outcome up to the view's revision. One that it knows may be another's with the same
 * hash: only a reading of the stream tells, and a reading that does not show it counts only if it reached up to that revision.
 *
 * @param verified by command id, whether a reading has shown its outcome; false only by a reading up to the view's revision
 */
export function planRun (
  aggregate: AnyAggregate, view: View, commands: readonly TakenCommand[],
  verified: ReadonlyMap<string, boolean>, limits: RunLimits = RUN_LIMITS
): Plan {
  const candidates = commands.slice(0, lengthOf(commands, limits))
  const unclear = candidates.map(command => command.comId)
    .filter(comId => view.ids.has(comId) && !verified.has(comId))
  if (unclear.length > 0) return { kind: 'look', comIds: unclear }

  const rulings: RunRuling[] = []
  const events: NewEvent[] = []
  const decided = new Set<string>()
  let standing: Decided['standing'] = view
  let bytes = 0
  for (const command of candidates) {
    const { comId } = command
    if (verified.get(comId) === true) {
      rulings.push({ kind: 'stands', comId })
      continue
    }
    if (decided.has(comId)) {
      rulings.push({ kind: 'twin', comId })
      continue
    }
    const ruling = rule(aggregate, standing, command, limits.bytes)
    if (ruling.kind === 'decided') {
      bytes += weightOf(ruling.events)
      if (bytes > limits.bytes && events.length > 0) break
      standing = ruling.standing
      decided.add(comId)
      events.push(...ruling.events)
    }
    rulings.push({ ...ruling, comId })
  }
  return { kind: 'run', view, rulings, events }
}

/** A command that has come too often is handled alone, so that it takes no others with it. */
function lengthOf (commands: readonly TakenCommand[], limits: RunLimits): number {
  const suspect = commands.findIndex(command => command.deliveries >= SUSPECT_DELIVERIES)
  if (suspect === 0) return 1
  return Math.min(suspect === -1 ? commands.length : suspect, limits.commands)
}

/**
 * What is next after the store's answer to a run's append.
 *
 * - `done`: the outcomes stand, and the view moves to where the store says. That holds as well if the store wrote nothing: it
 *   confirms an append below its last revision only if the events behind that revision have the append's ids, and ids are
 *   made of the command and the content.
 * - `repeat`: append the same again, after a wait. Its fate is unknown, or it was surely not written: who repeats it need not
 *   know which, since at one exact revision the store writes once, and confirms a repetition of what it wrote.
 * - `reload`: somebody else has written behind the view's revision, and an append there can never write again. Every decision of
 *   the run is void, refusals too: they were decided on a state that is past.
 * - `tombstoned`: the aggregate has no stream any more; nothing was written, and nothing ever will be.
 * - `too_large`: the store takes less than was thought, and wrote nothing; plan again within these limits.
 */
export type Next =
  | { readonly kind: 'done', readonly view: View }
  | { readonly kind: 'repeat', readonly error: Error }
  | { readonly kind: 'reload', readonly from: 'tail' | 'start' }
  | { readonly kind: 'tombstoned' }
  | { readonly kind: 'too_large', readonly limits: RunLimits }

/**
 * What the store's answer means for the run. Nothing is changed by it but the set of ids, which takes up those of the run once
 * they are confirmed.
 */
export function afterAppend (run: Run, answer: AppendAnswer): Next {
  switch (answer.kind) {
    case 'written': return { kind: 'done', view: confirmed(run, answer.revision) }
    case 'conflict': return { kind: 'reload', from: isBelow(run.view.revision, answer.current) ? 'tail' : 'start' }
    case 'deleted': return { kind: 'tombstoned' }
    case 'rejected': return answer.reason === 'too_large'
      ? { kind: 'too_large', limits: smaller(run) }
      : { kind: 'repeat', error: answer.error }
    case 'unavailable':
    case 'unknown': return { kind: 'repeat', error: answer.error }
  }
}

/** The state as the run's own events leave it: the answer says that exactly these stand behind the view's revision. */
function confirmed ({ view, rulings }: Run, revision: bigint): View {
  let { state, exists } = view
  for (const ruling of rulings) {
    if (ruling.kind !== 'decided') continue
    view.ids.add(ruling.comId)
    ;({ state, exists } = ruling.standing)
  }
  return { ...view, revision, state, exists }
}

/** First each command alone, then not even that one. */
function smaller ({ rulings, events }: Run): RunLimits {
  const alone = rulings.filter(ruling => ruling.kind === 'decided').length === 1
  return { commands: 1, bytes: alone ? weightOf(events) - 1 : RUN_LIMITS.bytes }
}
