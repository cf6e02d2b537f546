import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { Expected, NewRecord, Streams } from '../streams/index.js'
import type { Answers } from './answers.js'
import { badRequest, failure, outcome, timeout } from './batch-answer.js'
import type { OpenCalls } from './calls.js'
import { revisionOf } from './expected.js'
import { InvalidEvent, newRecord, unwritable } from './proposed.js'
import type { sharedPb, statusPb, streamsPb } from './protocol.js'
import { streamName } from './recorded.js'
import { uuidText } from './uuid.js'

type UUID = InstanceType<typeof sharedPb.UUID>
type Request = InstanceType<typeof streamsPb.BatchAppendReq>
type Options = InstanceType<typeof streamsPb.BatchAppendReq.Options>
type Response = InstanceType<typeof streamsPb.BatchAppendResp>
type Status = InstanceType<typeof statusPb.Status>
type Call = ServerDuplexStream<Request, Response>

/** The server waits no longer for the rest of a batch, whatever its writer allows. */
const WRITE_TIMEOUT_MS = 2_000

/** A batch whose last part has not come yet. */
interface Batch {
  correlation: UUID
  stream: string
  expected: Expected
  events: NewRecord[]
  timer?: NodeJS.Timeout
}

/** Many appends over one long call, answered one by one, told apart by their correlation ids. */
export function batchAppendHandler (streams: Streams, answers: Answers, open: OpenCalls) {
  return (call: Call): void => {
    open.add(call)
    new BatchAppendCall(call, streams, answers, () => { open.delete(call) }).listen()
  }
}

class BatchAppendCall {
  readonly #call: Call
  readonly #streams: Streams
  readonly #answers: Answers
  readonly #over: () => void
  readonly #batches = new Map<string, Batch>()
  #underWay = 0
  #halfClosed = false

  constructor (call: Call, streams: Streams, answers: Answers, over: () => void) {
    this.#call = call
    this.#streams = streams
    this.#answers = answers
    this.#over = over
  }

  listen (): void {
    this.#call.on('data', (request: Request) => { this.#take(request) })
    this.#call.on('end', () => {
      this.#halfClosed = true
      this.#forget()
      this.#endWhenDone()
    })
    this.#call.on('cancelled', () => { this.#forget() })
    this.#call.on('error', () => { this.#forget() })
  }

  #take (request: Request): void {
    const correlation = request.getCorrelationId()
    const id = uuidText(correlation)
    if (correlation === undefined || id === undefined) return
    const options = request.getOptions()
    let batch = this.#batches.get(id)
    if (batch === undefined) {
      if (options === undefined) return
      batch = this.#begin(correlation, id, options, request.getIsFinal())
      if (batch === undefined) return
    }
    try {
      for (const message of request.getProposedMessagesList()) batch.events.push(newRecord(message))
    } catch (error) {
      if (!(error instanceof InvalidEvent)) throw error
      this.#drop(id, batch)
      this.#refuse(batch.correlation, batch.stream, badRequest(error.message))
      return
    }
    if (!request.getIsFinal()) return
    this.#drop(id, batch)
    this.#append(batch)
  }

  /** A batch begins with its options. One that comes in a single message is not remembered, and needs no timer. */
  #begin (correlation: UUID, id: string, options: Options, whole: boolean): Batch | undefined {
    const stream = streamName(options.getStreamIdentifier())
    const expected = expectedPosition(options)
    const reason = unwritable(stream) ?? (expected === undefined ? 'The expected revision is missing or no revision' : undefined)
    if (reason !== undefined || expected === undefined) {
      this.#refuse(correlation, stream, badRequest(reason ?? ''))
      return undefined
    }
    const time = timeLeft(options)
    if (time <= 0) {
      this.#refuse(correlation, stream, timeout())
      return undefined
    }
    const batch: Batch = { correlation, stream, expected, events: [] }
    if (!whole) {
      this.#batches.set(id, batch)
      batch.timer = setTimeout(() => {
        this.#batches.delete(id)
        this.#refuse(correlation, stream, timeout())
      }, time)
    }
    return batch
  }

  #append ({ correlation, stream, expected, events }: Batch): void {
    this.#underWay++
    this.#streams.append({ stream, expected, events }).then(
      (result) => {
        this.#answers.give(stream, this.#call, result, () => { this.#answer(outcome(correlation, stream, expected, result)) })
      },
      (error: unknown) => { this.#answer(failure(correlation, stream, error)) }
    ).finally(() => {
      this.#underWay--
      this.#endWhenDone()
    })
  }

  #refuse (correlation: UUID, stream: string, status: Status): void {
    this.#answer(failure(correlation, stream, status))
  }

  #answer (response: Response): void {
    if (!this.#call.cancelled && this.#call.writable) this.#call.write(response)
  }

  #drop (id: string, batch: Batch): void {
    clearTimeout(batch.timer)
    this.#batches.delete(id)
  }

  #forget (): void {
    for (const [id, batch] of this.#batches) this.#drop(id, batch)
    this.#over()
  }

  /** OK only to who has half-closed and has all answers: any other client would wait for ever after an OK. */
  #endWhenDone (): void {
    if (this.#halfClosed && this.#underWay === 0 && !this.#call.cancelled) this.#call.end()
  }
}

function expectedPosition (options: Options): Expected | undefined {
  if (options.hasStreamPosition()) return revisionOf(options.getStreamPosition())
  if (options.hasNoStream()) return 'no_stream'
  if (options.hasAny()) return 'any'
  if (options.hasStreamExists()) return 'stream_exists'
  return undefined
}

/** Milliseconds for which the server waits for the rest of the batch. The old form names a time by the client's clock. */
function timeLeft (options: Options): number {
  const duration = options.getDeadline()
  if (duration !== undefined) return Math.min(WRITE_TIMEOUT_MS, duration.getSeconds() * 1_000 + duration.getNanos() / 1e6)
  const time = options.getDeadline21100()
  if (time !== undefined) return Math.min(WRITE_TIMEOUT_MS, time.getSeconds() * 1_000 + time.getNanos() / 1e6 - Date.now())
  return WRITE_TIMEOUT_MS
}
