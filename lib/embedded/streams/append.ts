/** What a writer expects of a stream: a revision is that of its last event. */
export type Expected = 'any' | 'no_stream' | 'stream_exists' | bigint

/** An event that someone wants to write. */
export interface NewRecord {
  /** UUID in lower case. */
  id: string
  type: string
  json: boolean
  data: Uint8Array
  metadata: Uint8Array
}

export interface AppendRequest {
  stream: string
  expected: Expected
  events: readonly NewRecord[]
}

/** What became of an append. All but `written` wrote nothing. */
export type AppendResult =
  /**
   * It stands in the log, now or since an earlier time that it was sent. `revision` is that of its last event (of an
   * empty append: of the stream; -1n when there is none), `position` is where that stands.
   */
  | { kind: 'written', revision: bigint, position: bigint }
  /** The stream's last revision is not the expected one; -1n when there is none. */
  | { kind: 'conflict', current: bigint }
  /** Tombstoned; or expected to exist and soft-deleted. */
  | { kind: 'deleted' }
  /** The events together are over the limit, in bytes. */
  | { kind: 'append_too_large', limit: number }
  /** One event is over the limit, in bytes. */
  | { kind: 'event_too_large', limit: number, id: string, size: number }

/** What a check of an append to several streams may expect: also how a stream is deleted. */
export type ExpectedState = Expected | 'soft_deleted' | 'tombstoned'

/** An append to several streams, all or nothing. Records of a stream may stand between those of others. */
export interface AtomicAppend {
  records: ReadonlyArray<{ stream: string, event: NewRecord }>
  /** At most one for a stream; also of streams to which nothing is written. */
  checks: ReadonlyArray<{ stream: string, expected: ExpectedState }>
}

/** A stream that is not as expected. */
export interface Violation {
  stream: string
  /** Which check found it; streams that are written to without one are counted behind the checks. */
  check: number
  expected: ExpectedState
  /** How it is instead: the last revision, -1n when there is none. */
  actual: bigint | 'soft_deleted' | 'tombstoned'
  /** The last revision, whether it can be seen or not; -1n when there is none. */
  current: bigint
  /** Whether it is not as expected because of a deletion. */
  deleted: boolean
}

export type AtomicAppendResult =
  /** All stands in the log: the last revision of each stream that was written to, and the position of the last record. */
  | { kind: 'written', revisions: Array<{ stream: string, revision: bigint }>, position: bigint }
  | { kind: 'violated', violations: Violation[] }
