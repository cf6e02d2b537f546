import { randomUUID } from 'node:crypto'
import type { Log } from '../log/log.js'
import { TOMBSTONE_REVISION, TOMBSTONE_TYPE, ticksNow, type LogRecord } from '../log/record.js'
import type { AppendRequest, AppendResult, AtomicAppend, AtomicAppendResult, Expected, NewRecord, Violation } from './append.js'
import { judgeShare, sharesOf, type Share } from './atomic.js'
import { Commits, type CommitListener, type Part } from './commits.js'
import { judge, type Verdict } from './expected.js'
import { AppendSize, type StreamLimits } from './limits.js'
import { SOFT_DELETED, isMetastream, isSoftDeleted, metadataEvent, metastreamOf, originalOf, withTruncateBefore } from './metadata.js'
import { ReadableStreams, type StreamState } from './readable.js'
import { RecentIds } from './recent-ids.js'
import { StreamTable } from './table.js'

export type DeleteResult = Exclude<AppendResult, { kind: 'append_too_large' | 'event_too_large' }>

const EMPTY = new Uint8Array(0)

/**
 * The streams of the one log: who may append what, what stands where, and what a reader may see of it. Whatever is
 * answered, read, or told to a listener stands in the log for good.
 */
export class Streams extends ReadableStreams {
  readonly limits: Readonly<StreamLimits>
  readonly #recent = new RecentIds()
  readonly #commits: Commits
  readonly #idAt: (ordinal: number) => string

  /** @param table what stands in the log already */
  constructor (log: Log, limits: StreamLimits, table = new StreamTable()) {
    super(log, table)
    this.limits = limits
    this.#commits = new Commits(log, table, this.#recent)
    this.#idAt = (ordinal) => log.idAt(ordinal)
  }

  /**
   * Appends events to one stream, all or none, next to each other.
   * @throws what the log says when it cannot write
   */
  append (request: AppendRequest): Promise<AppendResult> {
    const { stream, expected, events } = request
    const refusal = new AppendSize(this.limits).addAll(events)
    if (refusal !== undefined) return Promise.resolve(refusal)
    const verdict = this.#judge(stream, expected, events)
    return this.#unlessWritable(stream, verdict) ?? this.#append(stream, events, verdict.kind === 'write' && verdict.undelete)
  }

  /**
   * Appends events to several streams, all or nothing, in the order given. What stands there all since an earlier time is
   * answered as it stands, whatever has become of streams that are only looked at. The limits are the caller's to keep.
   * @throws what the log says when it cannot write
   */
  async appendAtomically (append: AtomicAppend): Promise<AtomicAppendResult> {
    const shares = sharesOf(append)
    const judged = shares.map((share) => ({
      share,
      verdict: judgeShare(share, this.#writersState(share.stream), (expected) => this.#judge(share.stream, expected, share.events))
    }))
    const written = judged.filter(({ share }) => share.events.length > 0)
    const known = written.flatMap(({ share: { stream }, verdict }) => verdict.kind === 'known' ? [{ stream, verdict }] : [])
    if (known.length === written.length) {
      const last = Math.max(...known.map(({ verdict }) => verdict.ordinal))
      await this.#commits.certainAt(last)
      const revisions = known.map(({ stream, verdict }) => ({ stream, revision: BigInt(verdict.revision) }))
      return { kind: 'written', revisions, position: this.log.positionAt(last) }
    }
    const violations = judged.flatMap(({ share, verdict }) => verdict.kind === 'write' ? [] : [this.#violation(share, verdict)])
    if (violations.length > 0) {
      await this.#commits.certain()
      return { kind: 'violated', violations }
    }

    const parts: Part[] = append.records.map(({ stream, event }) => ({ stream, events: [event], remember: true }))
    for (const { share: { stream, events }, verdict } of written) {
      parts.push(...this.#undeletion(stream, events, verdict.kind === 'write' && verdict.undelete))
    }
    const revisions = written.map(({ share: { stream, events } }) => ({ stream, revision: BigInt(this.table.writtenHead(stream) + events.length) }))
    return await this.#commits.make(parts, (records) => ({ kind: 'written', revisions, position: records[append.records.length - 1]!.position }))
  }

  /**
   * Appends events to several streams without any check, in one commit, and without being known again by their ids: for
   * what the server itself writes in bulk.
   */
  appendAll (parts: readonly { stream: string, events: readonly NewRecord[] }[]): Promise<void> {
    return this.#commits.make(parts.map(({ stream, events }) => ({ stream, events, remember: false })), () => {})
  }

  /** Makes the JSON the stream's metadata, all of it. */
  setMetadata (stream: string, json: string): Promise<AppendResult> {
    return this.append({ stream: metastreamOf(stream), expected: 'any', events: [metadataEvent(Buffer.from(json))] })
  }

  /**
   * Hides all that stands in the stream; who writes to it again begins after it. The stream's other metadata is gone. A
   * stream that was never written cannot be deleted, whatever is expected.
   */
  softDelete (stream: string, expected: Expected = 'any'): Promise<DeleteResult> {
    const answer = this.#unlessWritable(stream, this.#judge(stream, expected, [], false))
    if (answer !== undefined) return answer as Promise<DeleteResult>
    if (this.table.writtenHead(stream) < 0 && !this.#hasMetadata(stream)) return Promise.resolve({ kind: 'conflict', current: -1n })
    return this.#commits.make([{ stream: metastreamOf(stream), events: [metadataEvent(Buffer.from(SOFT_DELETED))], remember: false }],
      ([deletion]) => ({ kind: 'written', revision: BigInt(this.table.writtenHead(stream)), position: deletion!.position }))
  }

  /** Ends the stream for ever. */
  tombstone (stream: string, expected: Expected = 'any'): Promise<DeleteResult> {
    const answer = this.#unlessWritable(stream, this.#judge(stream, expected, [], false))
    if (answer !== undefined) return answer as Promise<DeleteResult>
    const end = { id: randomUUID(), type: TOMBSTONE_TYPE, json: false, data: EMPTY, metadata: EMPTY }
    const record: LogRecord = { position: 0n, stream, revision: TOMBSTONE_REVISION, ...end, created: ticksNow() }
    return this.#commits.end(record, ({ position }) => ({ kind: 'written', revision: TOMBSTONE_REVISION, position }))
  }

  /** Tells a listener of each commit from now on, until the function that it returns is called. */
  onCommit (listener: CommitListener): () => void {
    return this.#commits.onCommit(listener)
  }

  /** Forgets the ids of recent events, as a restart does: an append that expects `any` is then written again. */
  forgetRecentIds (): void {
    this.#recent.clear()
  }

  /** Resolves when all that was handed to the log so far is decided. */
  async settled (): Promise<void> {
    await this.#commits.settled()
  }

  #judge (stream: string, expected: Expected, events: readonly NewRecord[], nothingFitsTombstones = this.limits.nothingFitsTombstones ?? true): Verdict {
    return judge(expected, events, {
      entry: this.table.find(stream),
      tombstoned: this.table.isTombstoned(stream, Infinity),
      nothingFitsTombstones,
      hasMetadata: expected === 'stream_exists' && this.#hasMetadata(stream),
      recent: this.#recent,
      idAt: this.#idAt
    })
  }

  #unlessWritable (stream: string, verdict: Verdict): Promise<AppendResult> | undefined {
    switch (verdict.kind) {
      case 'write': return undefined
      case 'deleted': return this.#afterCommits({ kind: 'deleted' })
      case 'conflict': return this.#afterCommits({ kind: 'conflict', current: BigInt(this.table.writtenHead(stream)) })
      case 'known': return this.#known(verdict.ordinal, BigInt(verdict.revision))
    }
  }

  /** An answer that rests on what may not be confirmed yet, and is not to be given if that never will be. */
  async #afterCommits (answer: AppendResult): Promise<AppendResult> {
    await this.#commits.certain()
    return answer
  }

  #append (stream: string, events: readonly NewRecord[], undelete: boolean): Promise<AppendResult> {
    const head = this.table.writtenHead(stream)
    if (events.length === 0 && !undelete) return this.#appendNothing(stream, head)
    const parts: Part[] = [{ stream, events, remember: true }, ...this.#undeletion(stream, events, undelete)]
    const revision = BigInt(head + events.length)
    return this.#commits.make(parts, (records) => ({ kind: 'written', revision, position: records[Math.max(events.length, 1) - 1]!.position }))
  }

  async #appendNothing (stream: string, head: number): Promise<AppendResult> {
    const revision = this.table.isTombstoned(stream, Infinity) ? TOMBSTONE_REVISION : BigInt(head)
    await this.#commits.certain()
    return { kind: 'written', revision, position: this.log.lastPosition }
  }

  /** What has to be written beside events that bring a soft-deleted stream back: to it, or to its metadata. */
  #undeletion (stream: string, events: readonly NewRecord[], undelete: boolean): Part[] {
    const parts: Part[] = []
    if (undelete) {
      const data = withTruncateBefore(this.table.entry(stream).writersMetadata.rest ?? '', BigInt(this.table.writtenHead(stream) + 1))
      parts.push({ stream: metastreamOf(stream), events: [metadataEvent(data)], remember: false })
    }
    if (isMetastream(stream) && events.length > 0) {
      const original = originalOf(stream)
      const entry = this.table.find(original)
      if (entry !== undefined && isSoftDeleted(entry.writersMetadata)) {
        const data = withTruncateBefore(Buffer.from(events[events.length - 1]!.data).toString('utf8'), BigInt(this.table.writtenHead(original) + 1))
        parts.push({ stream, events: [metadataEvent(data)], remember: false })
      }
    }
    return parts
  }

  /** As a writer finds the stream, confirmed or not. */
  #writersState (stream: string): StreamState {
    if (this.table.isTombstoned(stream, Infinity)) return 'tombstoned'
    const entry = this.table.find(stream)
    if (entry !== undefined && isSoftDeleted(entry.writersMetadata)) return 'soft-deleted'
    return this.table.writtenHead(stream) < 0 ? 'none' : 'live'
  }

  #violation ({ stream, check, expected }: Share, { kind }: Verdict): Violation {
    const state = this.#writersState(stream)
    const current = BigInt(this.table.writtenHead(stream))
    const actual = state === 'tombstoned' ? state : state === 'soft-deleted' ? 'soft_deleted' : current
    return { stream, check, expected, actual, current, deleted: kind === 'deleted' }
  }

  /** The answer to who sends again what stands at an ordinal. */
  async #known (ordinal: number, revision: bigint): Promise<AppendResult> {
    await this.#commits.certainAt(ordinal)
    return { kind: 'written', revision, position: this.log.positionAt(ordinal) }
  }

  #hasMetadata (stream: string): boolean {
    return this.table.writtenHead(metastreamOf(stream)) >= 0
  }
}
