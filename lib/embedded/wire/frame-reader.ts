import type { Readable } from 'node:stream'
import { status, type ServiceError } from '@grpc/grpc-js'
import { callError, handlerThrew } from './errors.js'
import { http2Stream, isPlain, PREFIX_BYTES } from './http2-stream.js'

/** What is needed of a streaming call whose messages are taken as they come in. */
interface ReadableCall extends Readable {
  readonly cancelled: boolean
}

export interface Incoming<Request> {
  /** The longest message that is taken, in bytes. */
  maxBytes: number
  /** Reads what stands between two places. @throws at what is no message */
  deserialize (bytes: Buffer, from: number, to: number): Request
  take (request: Request): void
}

/**
 * Takes the messages of a call as they come in, all that one packet brought at once. gRPC's library would stop the stream at each, copy it,
 * and hand it on by way of a queue and two promises. The call ends, and is cancelled, by way of the library as ever; the library also reads
 * the messages where its HTTP/2 stream cannot be found, or where they may be compressed.
 */
export function readFrames<Request> (call: ReadableCall, incoming: Incoming<Request>): void {
  const stream = isPlain(call) ? http2Stream(call) : undefined
  if (stream === undefined) {
    call.on('data', (request: Request) => { incoming.take(request) })
    return
  }
  const frames = new FrameReader(call, incoming)
  // Nothing has come yet, since the stream flows only once the call is read.
  stream.removeAllListeners('data')
  stream.on('data', (packet: Buffer) => { frames.take(packet) })
  call.resume()
}

class FrameReader<Request> {
  readonly #call: ReadableCall
  readonly #incoming: Incoming<Request>
  /** What came of a message that is not whole yet, and how much. */
  #parts: Buffer[] = []
  #bytes = 0
  /** With fewer bytes nothing can be done. */
  #needed = PREFIX_BYTES
  #over = false

  constructor (call: ReadableCall, incoming: Incoming<Request>) {
    this.#call = call
    this.#incoming = incoming
  }

  take (packet: Buffer): void {
    if (this.#over || this.#call.cancelled) return
    this.#bytes += packet.length
    if (this.#bytes < this.#needed) {
      this.#parts.push(packet)
      return
    }
    const bytes = this.#parts.length === 0 ? packet : Buffer.concat([...this.#parts, packet], this.#bytes)
    const end = this.#messages(bytes)
    this.#bytes -= end
    if (this.#parts.length > 0) this.#parts = []
    if (this.#bytes > 0) this.#parts.push(bytes.subarray(end))
  }

  /** Hands on what is whole; returns where the rest begins. */
  #messages (bytes: Buffer): number {
    const { maxBytes } = this.#incoming
    this.#needed = PREFIX_BYTES
    let at = 0
    while (bytes.length - at >= PREFIX_BYTES) {
      const size = bytes.readUInt32BE(at + 1)
      if (size > maxBytes) {
        this.#end(callError(status.RESOURCE_EXHAUSTED, `Received message larger than max (${size} vs ${maxBytes})`))
        return bytes.length
      }
      const next = at + PREFIX_BYTES + size
      if (next > bytes.length) {
        this.#needed = PREFIX_BYTES + size
        break
      }
      this.#message(bytes, at + PREFIX_BYTES, next)
      if (this.#over) return bytes.length
      at = next
    }
    return at
  }

  #message (bytes: Buffer, from: number, to: number): void {
    let request: Request
    try {
      request = this.#incoming.deserialize(bytes, from, to)
    } catch {
      this.#end(handlerThrew())
      return
    }
    this.#incoming.take(request)
  }

  #end (error: ServiceError): void {
    this.#over = true
    this.#call.emit('error', error)
  }
}
