/** What the benchmarks use of autocannon, which brings no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'

  interface Request {
    path?: string
    body?: string
    /** Called before each request; what it returns is sent. */
    setupRequest?: (request: Request) => Request
  }

  interface Options {
    url: string
    connections: number
    /** How many requests in all; autocannon deals them out to the connections evenly, before it starts. */
    amount: number
    /** Seconds until a request without an answer is given up. */
    timeout: number
    /** Milliseconds between two looks at whether all is done. */
    sampleInt: number
    method: 'POST'
    headers: Record<string, string>
    requests: Request[]
  }

  interface Run extends EventEmitter, PromiseLike<object> {
    on (event: 'response', listener: (client: object, status: number, bytes: number, milliseconds: number) => void): this
    stop (): void
  }

  export default function autocannon (options: Options): Run
}
