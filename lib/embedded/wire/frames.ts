import type { ServerHttp2Stream } from 'node:http2'
import type { Writable } from 'node:stream'
import { Metadata } from '@grpc/grpc-js'

/** Whoever writes so many bytes need not wait for the end of the turn. */
const FULL = 64 * 1024

/** What stands before each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5

/** What is needed of a streaming call whose method writes messages as they are. */
interface StreamingCall extends Writable {
  readonly cancelled: boolean
  sendMetadata (metadata: Metadata): void
}

/**
 * Sends the messages of a call, all of one turn of the event loop in one piece. gRPC's library would send each by itself, and the next
 * only once the one before has left: that is a system call for each event, and most of what a delivery costs.
 *
 * The library keeps the HTTP/2 stream to itself. Where it cannot be found, the library sends the messages after all.
 */
export class FrameWriter {
  readonly #call: StreamingCall
  readonly #stream: ServerHttp2Stream | undefined
  #messages: Uint8Array[] = []
  #bytes = 0
  #scheduled = false
  #begun = false

  constructor (call: StreamingCall) {
    this.#call = call
    this.#stream = http2Stream(call)
    // What was said before an error goes before it.
    call.prependListener('error', () => { this.flush() })
  }

  /** Calls back whenever all that was sent has left, if it was much. */
  onDrain (drained: () => void): void {
    (this.#stream ?? this.#call).on('drain', drained)
  }

  /** Whether more may be written at once. */
  write (message: Uint8Array): boolean {
    this.#messages.push(message)
    this.#bytes += PREFIX_BYTES + message.length
    if (this.#bytes >= FULL) {
      this.flush()
    } else if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(this.#due)
    }
    return !(this.#stream ?? this.#call).writableNeedDrain
  }

  /** Sends what waits. */
  flush (): void {
    const messages = this.#messages
    if (messages.length === 0) return
    const bytes = this.#bytes
    this.#messages = []
    this.#bytes = 0
    if (this.#stream === undefined) {
      for (const message of messages) this.#call.write(message)
      return
    }
    if (this.#call.cancelled || this.#stream.destroyed || this.#stream.closed || this.#stream.writableEnded) return
    if (!this.#begun) {
      this.#begun = true
      this.#call.sendMetadata(new Metadata())
    }
    this.#stream.write(framed(messages, bytes))
  }

  /** Ends the call with OK, behind all that was written. */
  end (): void {
    this.flush()
    this.#call.end()
  }

  readonly #due = (): void => {
    this.#scheduled = false
    this.flush()
  }
}

function framed (messages: readonly Uint8Array[], bytes: number): Buffer {
  const frames = Buffer.allocUnsafe(bytes)
  let at = 0
  for (const message of messages) {
    frames[at] = 0
    frames.writeUInt32BE(message.length, at + 1)
    frames.set(message, at + PREFIX_BYTES)
    at += PREFIX_BYTES + message.length
  }
  return frames
}

function http2Stream (call: unknown): ServerHttp2Stream | undefined {
  const stream = (call as { call?: { stream?: ServerHttp2Stream } }).call?.stream
  return typeof stream?.respond === 'function' ? stream : undefined
}
