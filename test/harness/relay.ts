import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A TCP relay in front of a store, on which a test makes the network fail. Works for any store. */
export interface Relay {
  readonly port: number
  /** Connections that stand now. */
  readonly connections: number
  /** The same connection string, by way of the relay. */
  connectionString (original: string): string
  /** Nothing passes any more, in either direction, and no connection ends: a hung server, or a network that swallows. Connections made later pass, unless `all`. */
  hold (options?: { all?: boolean }): void
  /** What the store answers is held back, while what is sent to it still arrives. */
  holdAnswers (): void
  /** What is sent to the store is held back, also on connections made later, while what the store says still arrives. */
  holdRequests (): void
  /** The store sees all connections end, while who made them does not, until what is held is released: what it has sent meanwhile is lost. */
  strand (): void
  /** What was held passes again. */
  release (): void
  /** Ends all connections at once. */
  cut (): void
  /** Ends all connections and refuses new ones. */
  refuse (): Promise<void>
  /** Takes connections again, on the same port. */
  accept (): Promise<void>
  close (): Promise<void>
}

interface Pair { near: Socket, far: Socket, stranded?: true }

export async function openRelay (target: number): Promise<Relay> {
  const pairs = new Set<Pair>()
  let holding: 'nothing' | 'requests' | 'all' = 'nothing'
  const server = createServer(near => {
    const far = connect(target, '127.0.0.1')
    const pair: Pair = { near, far }
    pairs.add(pair)
    near.setNoDelay(true)
    far.setNoDelay(true)
    const end = (): void => {
      if (pair.stranded === true && !near.destroyed) return
      pairs.delete(pair)
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) socket.on('error', end).on('close', end)
    near.on('data', data => { far.write(data) })
    far.on('data', data => { near.write(data) })
    if (holding !== 'nothing') near.pause()
    if (holding === 'all') far.pause()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cut = (): void => {
    for (const { near, far } of [...pairs]) {
      near.destroy()
      far.destroy()
    }
    pairs.clear()
  }
  const stop = async (): Promise<void> => {
    cut()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    port,
    get connections () { return pairs.size },
    connectionString: original => original.replace(/(\/\/(?:[^@/]*@)?)[^/?]+/, `$1127.0.0.1:${port}`),
    hold ({ all = false } = {}) {
      holding = all ? 'all' : 'nothing'
      for (const { near, far } of pairs) {
        near.pause()
        far.pause()
      }
    },
    holdAnswers () {
      for (const { far } of pairs) far.pause()
    },
    holdRequests () {
      holding = 'requests'
      for (const { near } of pairs) near.pause()
    },
    strand () {
      for (const pair of pairs) {
        pair.stranded = true
        pair.far.destroy()
      }
    },
    release () {
      holding = 'nothing'
      for (const { near, far, stranded } of [...pairs]) {
        if (stranded === true) {
          near.destroy()
        } else {
          near.resume()
          far.resume()
        }
      }
    },
    cut,
    refuse: stop,
    async accept () {
      if (server.listening) return
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    close: stop
  }
}
