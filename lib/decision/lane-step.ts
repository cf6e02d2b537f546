import type { AnyAggregate } from '../definition/index.js'
import type { RecordedOutcome } from '../outcome/index.js'
import type { AppendAnswer, NewEvent } from '../store/contract.js'
import type { CommandIds } from './command-ids.js'
import type { TakenCommand } from './ruling.js'
import { afterAppend, planRun, RUN_LIMITS } from './run.js'
import type { Run, RunLimits, RunRuling } from './run.js'
import { isBelow } from './view.js'
import type { View } from './view.js'

/*
 * What a worker does with the commands of one aggregate, from one answer of the store to the next. These steps decide
 * outcomes; whoever carries them out asks the store and hands the answer back, and decides nothing.
 *
 * All of it rests on four facts of the store:
 *
 * 1. An append at an exact revision is executed only while this is the stream's last revision, whenever it arrives, and
 *    then as a whole: all of its events, side by side. So of all appends that were ever sent at one revision at most one
 *    writes, and a late one, of a dead worker too, writes only if nobody has written meanwhile.
 * 2. Below the last revision it writes nothing. It is confirmed if the events right behind its revision have its ids, and is
 *    a conflict otherwise. The ids are made of the command and the content, so confirmed means: exactly these events stand.
 * 3. A stream only grows. What stands in it stays, so an outcome that was found once is the outcome for ever.
 * 4. A reading shows the stream's beginning without a gap, up to some revision that it tells. How old that is matters
 *    nowhere: what is decided on an old reading meets a conflict, and an old reading is not believed that a command is new.
 *
 * None of it rests on time, on who else is alive, or on how often the store delivers a command, and to whom.
 *
 * What follows from that is checked in test/model, on these functions themselves and on a store that has just these facts: two workers
 * and one aggregate, up to three commands, which may stand twice in the command stream and with two bodies; every order of deliveries,
 * again and for the tenth time, of readings, also old ones, of appends that are confirmed, confirmed without writing, in conflict, lost, or
 * late, also those of a dead worker; and two versions that differ in outcome, content or number of events, know another event, or throw. In
 * each of the 233 million states that can be reached in 33 such settings (1.4 million in the nine that every test run visits) the events
 * of a command stand once and whole, each outcome is the one that the rules give on the state before it, memory is what a replay gives,
 * what is acknowledged stands, what is answered is what stands, and every command comes to its outcome once nothing more goes wrong.
 * Beyond these bounds settings and ways are sampled: up to four workers of four versions, and six commands that stand up to three times.
 */

/** What readings have told of single commands: the event that tells the outcome, or undefined where none stood there. */
export type Found = ReadonlyMap<string, RecordedOutcome | undefined>

/** What is in memory of one aggregate at one worker. */
export interface LaneState {
  /** Undefined while the aggregate's state is not in memory. */
  readonly view: View | undefined
  /** The ids of the last view; they outlive it, so that a finished command is known without the state. */
  readonly ids: CommandIds | undefined
  readonly found: Found
  readonly limits: RunLimits
  /** What is being appended. */
  readonly run: Run | undefined
}

/** What has happened since the last step. */
export type Told =
  /** Commands wait, and nothing is under way. */
  | { readonly kind: 'waiting' }
  /** The view moved to the stream's end, as asked for by `load`. */
  | { readonly kind: 'loaded', readonly view: View }
  /** The stream was deleted for ever, as a reading says. */
  | { readonly kind: 'tombstoned' }
  /** One entry for each id that `look` asked for; `head` is the last revision that the reading saw. */
  | { readonly kind: 'looked', readonly found: Found, readonly head: View['revision'] }
  | { readonly kind: 'answered', readonly answer: AppendAnswer }

/**
 * The one thing to be done next.
 *
 * - `load`: read the stream behind this view, or all of it; tell `loaded` or `tombstoned`.
 * - `look`: read the whole stream for these commands; tell `looked`.
 * - `append`: append these events at exactly this revision; tell `answered`. With `trouble` it is a repetition, after a wait.
 * - `settle`: the first commands that wait, one for each ruling, are finished: their outcomes stand, or they are parked. Make
 *   that known, and tell `waiting` if more wait.
 * - `fail`: all that wait have no stream to stand in. Fail them beside it, and tell `waiting` if more wait.
 */
export type Effect =
  | { readonly kind: 'load', readonly from: View | undefined }
  | { readonly kind: 'look', readonly comIds: readonly string[] }
  | {
    readonly kind: 'append', readonly expected: View['revision'], readonly events: readonly NewEvent[], readonly trouble?: Error
  }
  | { readonly kind: 'settle', readonly rulings: readonly RunRuling[], readonly found: Found }
  | { readonly kind: 'fail' }

export interface Step {
  readonly lane: LaneState
  readonly effect: Effect
}

const NOTHING: Found = new Map()

/** Nothing in memory: a worker that has just started. */
export const EMPTY_LANE: LaneState = { view: undefined, ids: undefined, found: NOTHING, limits: RUN_LIMITS, run: undefined }

/** Without the state, and with the ids. Nothing that was under way is remembered, so nothing unconfirmed is either. */
export function cooled ({ ids }: LaneState): LaneState {
  return { ...EMPTY_LANE, ids }
}

/** With a view from a reading of the whole stream, which may be old by now: a conflict will tell. */
export function warmed (lane: LaneState, view: View): LaneState {
  return { ...lane, view, ids: view.ids }
}

/**
 * What is next.
 *
 * @param waiting the commands that have no outcome by this worker yet, oldest first; between two steps it may grow at its end
 */
export function step (aggregate: AnyAggregate, lane: LaneState, told: Told, waiting: readonly TakenCommand[]): Step {
  switch (told.kind) {
    case 'waiting': return next(aggregate, lane, waiting)
    // The new view may hold what an earlier look did not see, so that such a look says nothing of it. What a look has seen
    // is there still (fact 3).
    case 'loaded': return next(aggregate, { ...warmed(lane, told.view), found: present(lane.found) }, waiting)
    case 'tombstoned': return { lane: EMPTY_LANE, effect: { kind: 'fail' } }
    case 'looked': return looked(aggregate, { ...lane, found: new Map([...lane.found, ...told.found]) }, told.head, waiting)
    case 'answered': return answered(aggregate, lane, lane.run!, told.answer, waiting)
  }
}

function next (aggregate: AnyAggregate, lane: LaneState, waiting: readonly TakenCommand[]): Step {
  if (lane.view === undefined) return withoutState(lane, waiting)
  const verified = new Map([...lane.found].map(([comId, record]) => [comId, record !== undefined]))
  const plan = planRun(aggregate, lane.view, waiting, verified, lane.limits)
  if (plan.kind === 'look') return { lane, effect: { kind: 'look', comIds: plan.comIds } }
  // Without an event there is nothing to confirm: what is found stands (fact 3), and what is parked has no outcome.
  return plan.events.length === 0 ? settled(lane, plan.rulings) : append(lane, plan)
}

/** Commands that are found to stand need no state (fact 3); whether it is worth while to look for them the ids tell. */
function withoutState (lane: LaneState, waiting: readonly TakenCommand[]): Step {
  const { ids, found } = lane
  const open = waiting.findIndex(({ comId }) => found.get(comId) === undefined)
  const stand = open === -1 ? waiting : waiting.slice(0, open)
  if (stand.length > 0) return settled(lane, stand.map(({ comId }) => ({ kind: 'stands', comId })))
  if (ids !== undefined && waiting.every(({ comId }) => ids.has(comId) && !found.has(comId))) {
    return { lane, effect: { kind: 'look', comIds: waiting.map(({ comId }) => comId) } }
  }
  return { lane, effect: { kind: 'load', from: undefined } }
}

/**
 * What a look has not seen is new to this view only if the look reached up to the view's revision (fact 4). If it did not, it
 * was a reading of the past, or somebody has deleted the stream: then everything in memory is in doubt.
 */
function looked (aggregate: AnyAggregate, lane: LaneState, head: View['revision'], waiting: readonly TakenCommand[]): Step {
  return lane.view === undefined || !isBelow(head, lane.view.revision)
    ? next(aggregate, lane, waiting)
    : { lane: { ...cooled(lane), limits: lane.limits }, effect: { kind: 'load', from: undefined } }
}

function answered (aggregate: AnyAggregate, lane: LaneState, run: Run, answer: AppendAnswer, waiting: readonly TakenCommand[]): Step {
  const idle: LaneState = { ...lane, run: undefined }
  const then = afterAppend(run, answer)
  switch (then.kind) {
    case 'done': return settled(warmed(idle, then.view), run.rulings)
    case 'repeat': return append(lane, run, then.error)
    case 'reload': return then.from === 'tail'
      ? { lane: idle, effect: { kind: 'load', from: run.view } }
      : { lane: cooled(idle), effect: { kind: 'load', from: undefined } }
    case 'tombstoned': return { lane: EMPTY_LANE, effect: { kind: 'fail' } }
    case 'too_large': return next(aggregate, { ...idle, limits: then.limits }, waiting)
  }
}

/** At the exact revision of the view, and only there: what was decided on this state must stand right behind it (fact 1). */
function append (lane: LaneState, run: Run, trouble?: Error): Step {
  const effect = { kind: 'append', expected: run.view.revision, events: run.events } as const
  return { lane: { ...lane, run }, effect: trouble === undefined ? effect : { ...effect, trouble } }
}

function settled (lane: LaneState, rulings: readonly RunRuling[]): Step {
  return { lane: { ...lane, found: NOTHING, limits: RUN_LIMITS }, effect: { kind: 'settle', rulings, found: lane.found } }
}

function present (found: Found): Found {
  return new Map([...found].filter(([, record]) => record !== undefined))
}
