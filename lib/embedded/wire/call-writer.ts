import type { ServerWritableStream } from '@grpc/grpc-js'
import { FrameWriter } from './frame-writer.js'

/** Writes the answers of a streaming call no faster than its client takes them. */
export class CallWriter<Response> {
  readonly #call: ServerWritableStream<unknown, Response>
  readonly #frames: FrameWriter
  readonly #serialize: (response: Response) => Uint8Array
  #closed = false
  #wake: (() => void) | undefined

  constructor (call: ServerWritableStream<unknown, Response>, serialize: (response: Response) => Uint8Array) {
    this.#call = call
    this.#serialize = serialize
    this.#frames = new FrameWriter(call)
    const close = (): void => {
      this.#closed = true
      this.wake()
    }
    call.on('cancelled', close)
    call.on('close', close)
    call.on('error', close)
    this.#frames.onDrain(() => { this.wake() })
  }

  /** Whether nobody reads any more. */
  get closed (): boolean {
    return this.#closed || this.#call.cancelled
  }

  /** Undefined when more may be written at once; else what to wait for first. */
  write (response: Response): Promise<void> | undefined {
    if (this.closed || this.#frames.write(this.#serialize(response))) return undefined
    return this.pause()
  }

  /** Ends the call with OK. */
  end (): void {
    if (!this.closed) this.#frames.end()
  }

  /** Resolves at {@link wake}, at the latest when the call is closed. */
  pause (): Promise<void> {
    if (this.closed) return Promise.resolve()
    return new Promise((resolve) => { this.#wake = resolve })
  }

  wake (): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
