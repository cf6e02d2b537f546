import type { ServerWritableStream } from '@grpc/grpc-js'

/** Of messages this large, in bytes, no second one is written before the first has left. */
const LARGE = 256 * 1024

/** Writes the answers of a streaming call no faster than its client takes them. */
export class CallWriter<Response> {
  readonly #call: ServerWritableStream<unknown, Response>
  #closed = false
  #wake: (() => void) | undefined

  constructor (call: ServerWritableStream<unknown, Response>) {
    this.#call = call
    const close = (): void => {
      this.#closed = true
      this.wake()
    }
    call.on('cancelled', close)
    call.on('close', close)
    call.on('error', close)
    call.on('drain', () => { this.wake() })
  }

  /** Whether nobody reads any more. */
  get closed (): boolean {
    return this.#closed || this.#call.cancelled
  }

  /** Undefined when more may be written at once; else what to wait for first. */
  write (response: Response): Promise<void> | undefined {
    if (this.closed) return undefined
    if (response instanceof Uint8Array && response.length >= LARGE) {
      this.#call.write(response, () => { this.wake() })
      return this.pause()
    }
    return this.#call.write(response) ? undefined : this.pause()
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
