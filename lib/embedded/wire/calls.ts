import type { ServiceError } from '@grpc/grpc-js'
import { breakOff } from './http2-stream.js'

/** What the ending of a call needs of it; every streaming call has it. */
interface EndableCall {
  emit (event: 'error', error: ServiceError): boolean
  on (event: 'cancelled', listener: () => void): unknown
}

/** The calls of a service that stay open, to end them all. */
export class OpenCalls {
  readonly #calls = new Set<EndableCall>()

  add (call: EndableCall): void {
    this.#calls.add(call)
    call.on('cancelled', () => { this.#calls.delete(call) })
  }

  delete (call: EndableCall): void {
    this.#calls.delete(call)
  }

  endAll (error: () => ServiceError): void {
    for (const call of this.#calls) call.emit('error', error())
    this.#calls.clear()
  }

  /** Without a word. */
  breakOffAll (): void {
    for (const call of this.#calls) breakOff(call)
  }
}
