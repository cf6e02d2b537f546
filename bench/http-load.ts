import autocannon from 'autocannon'

/** Seconds; above the deadline of a command, so that a slow one is answered by the sender, and not given up here. */
const PATIENCE = 30

/** How often to look whether all is answered; autocannon's own is once in a second. */
const LOOK_INTERVAL = 10

export interface PostRequest {
  readonly path: string
  /** JSON text. */
  readonly body: string
}

export interface HttpLoad {
  /** Scheme, host and port. */
  readonly url: string
  /** Each sends its next request when the one before is answered. */
  readonly connections: number
  /** Requests in all, at least one for each connection. */
  readonly amount: number
  /** Makes one request; called for each. */
  readonly next: () => PostRequest
  readonly answered: (status: number, milliseconds: number) => void
  readonly signal: AbortSignal
}

/** Sends so many requests and waits for their answers. */
export async function postAll ({ url, connections, amount, next, answered, signal }: HttpLoad): Promise<void> {
  signal.throwIfAborted()
  const run = autocannon({
    url,
    connections: Math.min(connections, amount),
    amount,
    timeout: PATIENCE,
    sampleInt: LOOK_INTERVAL,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    requests: [{ setupRequest: request => ({ ...request, ...next() }) }]
  })
  let answers = 0
  run.on('response', (_client, status, _bytes, milliseconds) => {
    answers++
    answered(status, milliseconds)
  })
  const stop = (): void => run.stop()
  signal.addEventListener('abort', stop, { once: true })
  await run
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (answers < amount) throw new Error(`${amount - answers} of ${amount} requests had no answer`)
}
