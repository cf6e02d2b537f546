import { randomUUID } from 'node:crypto'
import { status } from '@grpc/grpc-js'
import type { ClientDuplexStream } from '@grpc/grpc-js'
import { StreamsClient } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_grpc_pb.js'
import type { BatchAppendReq, BatchAppendResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js'
import { appendAnswer } from './append-answer.js'
import { appendRequests, UnsendableAppend } from './append-request.js'
import type { Connection } from './connection.js'
import type { AppendAnswer, Expected, NewEvent } from './contract.js'
import { codeOf, faultOf, StoreFault, timeoutFault, unavailableFault } from './faults.js'
import { withinLimit } from './time-limit.js'
import { uuidText } from './wire.js'

const doing = 'Appending'

interface PendingAppend {
  id: string
  requests: BatchAppendReq[]
  /** performance.now() */
  since: number
  answer: (answer: AppendAnswer) => void
}

/**
 * Appends by one call that stays open for all of them (the server's BatchAppend), many in flight at a time, executed by the
 * server in the order of arrival for each stream.
 */
export class Appender {
  readonly #connection: Connection
  #call: AppendCall | undefined
  /** Calls that still have appends without an answer, the oldest first. */
  readonly #calls = new Set<AppendCall>()
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #idle: (() => void) | undefined

  constructor (connection: Connection) {
    this.#connection = connection
  }

  /** Never rejects; answered within the connection's limit. */
  append (stream: string, expected: Expected, events: readonly NewEvent[]): Promise<AppendAnswer> {
    if (this.#closed) return Promise.resolve({ kind: 'unavailable', error: unavailableFault(doing, 'the connection is closing') })
    const id = randomUUID()
    let requests: BatchAppendReq[]
    try {
      requests = appendRequests(id, stream, expected, events, this.#connection.limit)
    } catch (error) {
      const reason = error instanceof UnsendableAppend ? error.reason : 'invalid'
      return Promise.resolve({ kind: 'rejected', reason, error: error as Error })
    }
    return new Promise(resolve => {
      const call = this.#presentCall()
      this.#calls.add(call)
      this.#watch()
      call.take({ id, requests, since: performance.now(), answer: resolve })
    })
  }

  /** Waits for the answers that are still to come, each in its time, and ends the call. */
  async close (): Promise<void> {
    this.#closed = true
    if (this.#calls.size > 0) await new Promise<void>(resolve => { this.#idle = resolve })
    clearTimeout(this.#timer)
    this.#call?.end()
  }

  #presentCall (): AppendCall {
    if (this.#call?.takes !== true) {
      this.#call = new AppendCall(this.#connection, call => {
        this.#calls.delete(call)
        if (this.#calls.size === 0) this.#idle?.()
      })
    }
    return this.#call
  }

  // One timer for all appends, aimed at the oldest: answers come in time as a rule, and then nothing is set or cleared for them.
  #watch (): void {
    if (this.#timer !== undefined) return
    let due = Infinity
    for (const call of this.#calls) due = Math.min(due, (call.oldest ?? Infinity) + this.#connection.limit)
    const wait = due === Infinity ? this.#connection.limit : Math.max(due - performance.now(), 0)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const limit = performance.now() - this.#connection.limit
      for (const call of [...this.#calls]) call.expire(limit)
      if (this.#calls.size > 0) this.#watch()
    }, Math.ceil(wait) + 1)
    // While an append waits, its call keeps the process alive; the timer of answered ones must not.
    this.#timer.unref()
  }
}

/** One BatchAppend call: opened by its first append, given up when it ends or when an answer is overdue. */
class AppendCall {
  readonly #connection: Connection
  readonly #settled: (call: AppendCall) => void
  /** By correlation id, the oldest first. */
  readonly #pending = new Map<string, PendingAppend>()
  #client: StreamsClient | undefined
  #wire: ClientDuplexStream<BatchAppendReq, BatchAppendResp> | undefined
  #answered = false
  #retired = false

  constructor (connection: Connection, settled: (call: AppendCall) => void) {
    this.#connection = connection
    this.#settled = settled
    this.#open()
  }

  /** Whether it takes further appends. */
  get takes (): boolean {
    return !this.#retired
  }

  /** When the oldest append without an answer began. */
  get oldest (): number | undefined {
    return this.#pending.values().next().value?.since
  }

  take (append: PendingAppend): void {
    this.#pending.set(append.id, append)
    if (this.#wire !== undefined) this.#write(append)
  }

  /** Answers appends that began before `limit`: what was written may still be executed, so nobody knows. */
  expire (limit: number): void {
    let first: PendingAppend | undefined
    for (const append of this.#pending.values()) {
      if (append.since > limit) break
      first ??= append
      const error = timeoutFault(doing, this.#connection.limit)
      this.#answer(append, { kind: this.#wire === undefined ? 'unavailable' : 'unknown', error })
    }
    if (first === undefined) return
    // Later appends get a fresh call; the answers that this one may still give are waited for.
    this.#retired = true
    if (this.#client !== undefined) this.#connection.overdue(this.#client, first.since)
    if (this.#pending.size === 0) this.end()
  }

  end (): void {
    this.#retired = true
    this.#wire?.cancel()
  }

  async #open (): Promise<void> {
    try {
      const client = await withinLimit(this.#connection.service(StreamsClient, doing), this.#connection.limit, doing)
      this.#client = client
      // What is written to a call whose connection is then refused is as good as unwritten, but nobody could tell: so connect first.
      await this.#connection.connected(client, this.#connection.limit, doing)
      if (this.#retired) return
      const wire = client.batchAppend(...this.#connection.callArguments())
      wire.on('data', (response: BatchAppendResp) => this.#receive(response))
      wire.on('error', (error: Error) => this.#over(error))
      wire.on('end', () => this.#over(new StoreFault('ended', `${doing} failed: the server ended the call`)))
      this.#wire = wire
      for (const append of this.#pending.values()) this.#write(append)
    } catch (error) {
      this.#retired = true
      const fault = faultOf(error, doing)
      for (const append of this.#pending.values()) this.#answer(append, { kind: 'unavailable', error: fault })
    }
  }

  #write (append: PendingAppend): void {
    for (const request of append.requests) this.#wire?.write(request)
    append.requests = []
  }

  #receive (response: BatchAppendResp): void {
    this.#answered = true
    this.#connection.hear()
    const append = this.#pending.get(uuidText(response.getCorrelationId()))
    if (append === undefined) return
    this.#answer(append, appendAnswer(response))
    if (this.#retired && this.#pending.size === 0) this.end()
  }

  #over (error: Error): void {
    this.#retired = true
    if (this.#client !== undefined) this.#connection.failed(this.#client, error)
    const answer = this.#lost(error)
    for (const append of this.#pending.values()) this.#answer(append, answer)
  }

  // Who may not make the call at all is told so by its end, before anything of it is looked at.
  #lost (error: Error): AppendAnswer {
    const fault = faultOf(error, doing)
    const code = codeOf(error)
    if (this.#answered) return { kind: 'unknown', error: fault }
    if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED) return { kind: 'rejected', reason: 'access_denied', error: fault }
    if (code === status.UNIMPLEMENTED) return { kind: 'unavailable', error: fault }
    return { kind: 'unknown', error: fault }
  }

  #answer (append: PendingAppend, answer: AppendAnswer): void {
    this.#pending.delete(append.id)
    if (this.#pending.size === 0) this.#settled(this)
    append.answer(answer)
  }
}
