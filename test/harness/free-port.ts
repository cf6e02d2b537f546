import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems give to connections: one of those may be taken again before it is used. */
const LEAST = 20_000
const MANY = 10_000

/** In this process: whoever got one may not listen yet. */
const given = new Set<number>()

/** A port of the loopback on which nobody listens. */
export async function freePort (): Promise<number> {
  for (;;) {
    const port = LEAST + Math.floor(Math.random() * MANY)
    if (given.has(port)) continue
    given.add(port)
    const server = createServer().listen(port, '127.0.0.1')
    const listens = await once(server, 'listening').then(() => true, () => false)
    if (!listens) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
