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
