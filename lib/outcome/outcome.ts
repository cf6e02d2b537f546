/** An event as an answer shows it. */
export interface OutcomeEvent {
  /** The event's code name where the reader knows its definition, else its stored name. */
  readonly type: string
  readonly data: unknown
}

export interface SucceededVerdict {
  readonly status: 'succeeded'
  /** Revision of the command's last event in the aggregate's stream. */
  readonly revision: bigint
  readonly events: readonly OutcomeEvent[]
}

/** A rule said no. */
export interface RefusedVerdict {
  readonly status: 'refused'
  readonly code: string
  readonly message: string
  readonly details?: unknown
}

/** The command can never be processed. */
export interface FailedVerdict {
  readonly status: 'failed'
  readonly code: string
  readonly message: string
  readonly details?: unknown
}

export type Verdict = SucceededVerdict | RefusedVerdict | FailedVerdict

/** The command that an outcome belongs to. */
export interface CommandKey {
  /** Code name of the aggregate type. */
  readonly aggregate: string
  readonly aggId: string
  readonly comId: string
}

export type Succeeded = CommandKey & SucceededVerdict
export type Refused = CommandKey & RefusedVerdict
export type Failed = CommandKey & FailedVerdict
/** Not decided yet, as far as is known here: ask again with the same command id. */
export type Open = CommandKey & { readonly status: 'open' }

/** What became of a command, once and for all. */
export type Settled = Succeeded | Refused | Failed
export type Outcome = Settled | Open

/** An outcome as it was found in the store, with what tells whether it answers the command that is asked for. */
export interface StoredOutcome {
  readonly comId: string
  /** Missing in what the original wrote into its fail stream. */
  readonly aggId?: string
  readonly verdict: Verdict
  /** Stored name of the command; missing in the original's events. */
  readonly command?: string
  /** Missing in the original's events. */
  readonly fingerprint?: string
}

/** The codes with which the product itself refuses or fails a command; a rule's own codes stand beside them. */
export const OutcomeCode = {
  /** refused: a creating command met an aggregate that exists. */
  exists: 'AGGREGATE_EXISTS',
  /** refused: the command needs an aggregate that does not exist. */
  missing: 'AGGREGATE_MISSING',
  /** failed: decide threw, or returned what its definition does not allow. */
  defect: 'DEFECT',
  /** failed: the command was delivered ten times and never came to an end. */
  poison: 'POISON',
  /** failed: the stored command is no JSON. */
  unreadable: 'UNREADABLE_COMMAND',
  /** failed: the command names no aggregate. */
  unaddressed: 'NO_AGGREGATE_ID',
  /** failed: the aggregate's stream was deleted for ever. */
  tombstoned: 'AGGREGATE_TOMBSTONED',
  /** failed: the events of the command are larger than the store takes. */
  tooLarge: 'EVENTS_TOO_LARGE',
  /** refused: a verdict of the original, which has no codes. */
  original: 'REFUSED'
} as const
