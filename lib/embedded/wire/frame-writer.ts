import type { ServerHttp2Stream } from 'node:http2'
import type { Writable } from 'node:stream'
import { Metadata } from '@grpc/grpc-js'
import { http2Stream, PREFIX_BYTES } from './http2-stream.js'

/** Whoever writes so many bytes need not wait for the end of the turn. */
const FULL = 64 * 1024

/** What is needed of a streaming call whose method writes messages as they are. */
interface StreamingCall extends Writable {
  readonly cancelled: boolean
  sendMetadata (metadata: Metadata): void
}

/**
 * Sends the messages of a call, all of one step of the event loop in one piece. gRPC's library would send each by itself, and the next
 * only once the one before has left: that is a system call for each event, and most of what a delivery costs.
 *
 * Where the HTTP/2 stream cannot be found, the library sends the messages after all.
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
      process.nextTick(this.#due)
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
