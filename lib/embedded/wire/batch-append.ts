import type { ServerDuplexStream } from '@grpc/grpc-js'
import { MESSAGE_LIMITS } from '../emulation.js'
import { AppendSize, WRITE_TIMEOUT, type Expected, type NewRecord, type Streams } from '../streams/index.js'
import type { Answers } from './answers.js'
import { badRequest, failure, outcome, timeout } from './batch-answer.js'
import type { OpenCalls } from './calls.js'
import { readBatchPart, type BatchOptions, type BatchPart } from './codec/batch-append.js'
import { readFrames } from './frame-reader.js'
import { FrameWriter } from './frame-writer.js'
import { unwritable } from './proposed.js'
import { halvesMessage } from './uuid.js'
import { streamsGrpc, type statusPb } from './protocol.js'

type Status = InstanceType<typeof statusPb.Status>
type Call = ServerDuplexStream<BatchPart, Buffer>

/** A batch whose last part has not come yet. */
interface Batch {
  /** The correlation id as it was sent. */
  correlation: Uint8Array
  stream: string
  expected: Expected
  events: NewRecord[]
  /** Missing while all of it is in one message. */
  size?: AppendSize
  timer?: NodeJS.Timeout
}

/** The method, with messages that are read and written without the generated classes. */
export const batchAppendMethod = {
  ...streamsGrpc.StreamsService.batchAppend,
  requestType: undefined,
  requestDeserialize: readBatchPart,
  responseSerialize: (response: Buffer) => response
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
  readonly #frames: FrameWriter
  readonly #streams: Streams
  readonly #answers: Answers
  readonly #over: () => void
  readonly #batches = new Map<string, Batch>()
  #underWay = 0
  #halfClosed = false

  constructor (call: Call, streams: Streams, answers: Answers, over: () => void) {
    this.#call = call
    this.#frames = new FrameWriter(call)
    this.#streams = streams
    this.#answers = answers
    this.#over = over
  }

  listen (): void {
    this.#call.on('end', () => {
      this.#halfClosed = true
      this.#forget()
      this.#endWhenDone()
    })
    this.#call.on('cancelled', () => { this.#forget() })
    this.#call.on('error', () => { this.#forget() })
    readFrames(this.#call, { maxBytes: MESSAGE_LIMITS.streams, deserialize: readBatchPart, take: (part) => { this.#take(part) } })
  }

  #take (part: BatchPart): void {
    const id = part.correlation
    if (id === undefined) return
    let batch = this.#batches.get(id)
    if (batch === undefined) {
      if (part.options === undefined) return
      batch = this.#begin(part.correlationBytes, id, part.options, part.final)
      if (batch === undefined) return
    }
    if (part.invalid !== undefined) {
      this.#drop(id, batch)
      this.#refuse(batch.correlation, batch.stream, badRequest(part.invalid.message))
      return
    }
    const tooLarge = batch.size?.addAll(part.events)
    if (tooLarge !== undefined) {
      this.#drop(id, batch)
      this.#answer(outcome(batch.correlation, batch.stream, batch.expected, tooLarge))
      return
    }
    if (batch.events.length === 0) batch.events = part.events
    else for (const event of part.events) batch.events.push(event)
    if (!part.final) return
    this.#drop(id, batch)
    this.#append(batch)
  }

  /** A batch begins with its options. One that comes in a single message is not remembered, and needs no timer. */
  #begin (correlation: Uint8Array, id: string, { stream, expected, timeLeft }: BatchOptions, whole: boolean): Batch | undefined {
    const reason = unwritable(stream) ?? (expected === undefined ? 'The expected revision is missing or no revision' : undefined)
    if (reason !== undefined || expected === undefined) {
      this.#refuse(correlation, stream, badRequest(reason ?? ''))
      return undefined
    }
    // The server waits no longer for the rest of a batch, whatever its writer allows.
    const time = Math.min(WRITE_TIMEOUT, timeLeft ?? WRITE_TIMEOUT)
    if (time <= 0) {
      this.#refuse(correlation, stream, timeout())
      return undefined
    }
    const batch: Batch = { correlation, stream, expected, events: [] }
    if (!whole) {
      this.#batches.set(id, batch)
      batch.size = new AppendSize(this.#streams.limits)
      batch.timer = setTimeout(() => {
        this.#batches.delete(id)
        // The only answer whose id the real server writes as two numbers.
        this.#refuse(halvesMessage(id).serializeBinary(), stream, timeout())
      }, time)
    }
    return batch
  }

  #append ({ correlation, stream, expected, events }: Batch): void {
    this.#underWay++
    this.#streams.append({ stream, expected, events }).then((result) => {
      if (this.#answers.pass(stream, this.#call, result)) this.#answer(outcome(correlation, stream, expected, result))
      this.#done()
    }, (error: unknown) => {
      this.#answer(failure(correlation, stream, error))
      this.#done()
    })
  }

  #done (): void {
    this.#underWay--
    this.#endWhenDone()
  }

  #refuse (correlation: Uint8Array, stream: string, status: Status): void {
    this.#answer(failure(correlation, stream, status))
  }

  #answer (response: Buffer): void {
    if (!this.#call.cancelled && this.#call.writable) this.#frames.write(response)
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
    if (this.#halfClosed && this.#underWay === 0 && !this.#call.cancelled) this.#frames.end()
  }
}
