import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionInjector } from '@grpc/grpc-js'

/** As many bytes as tell the preface of HTTP/2 (`PRI * HTTP/2.0`) from any method of HTTP/1. */
const PREFACE_BYTES = 3

/** By how many milliseconds gRPC's own limit comes later, which would end calls in another way. */
const LATER_MS = 1_000

/** The part of a socket's inside by which its reading can be stopped although the HTTP/2 session has taken it over. */
interface ReadHandle {
  readStop (): void
  readStart (): void
}

/**
 * The server's sockets: each is handed to gRPC or to HTTP/1 by its first bytes, since both live on one port. No socket
 * waits to gather bytes before it sends, or short answers would be held back by 40 ms.
 */
export class SocketRoom {
  readonly #grpc: ConnectionInjector
  readonly #http: HttpServer
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Set<Socket>()
  #hung = false
  #emptied: (() => void) | undefined

  constructor (grpc: ConnectionInjector, http: HttpServer) {
    this.#grpc = grpc
    this.#http = http
  }

  take (socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => { socket.destroy() })
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#waiting.delete(socket)
      if (this.#sockets.size === 0) this.#emptied?.()
    })
    if (this.#hung) this.#waiting.add(socket)
    else this.#sort(socket)
  }

  /** Breaks the connection of a peer, as gRPC calls name it. */
  cut (peer: string): void {
    for (const socket of this.#sockets) {
      if (`${socket.remoteAddress}:${socket.remotePort}` === peer) socket.destroy()
    }
  }

  dropAll (): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  hang (): void {
    this.#hung = true
    for (const socket of this.#sockets) handleOf(socket)?.readStop()
  }

  resume (): void {
    if (!this.#hung) return
    this.#hung = false
    for (const socket of this.#sockets) {
      if (this.#waiting.delete(socket)) this.#sort(socket)
      else handleOf(socket)?.readStart()
    }
  }

  /**
   * Tells everyone to make no more calls; each connection closes with the last one that is open. Resolves when none is left, at the latest
   * after some milliseconds, or when somebody is in a hurry.
   */
  async runOut (ms: number, hurry: AbortSignal): Promise<void> {
    if (this.#sockets.size === 0 || hurry.aborted) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
      hurry.addEventListener('abort', () => { resolve() })
      this.#emptied = resolve
      this.#drain(ms)
    })
    clearTimeout(timer)
  }

  /** Lets calls that have ended be told so, then closes every connection, at the latest after some milliseconds. */
  async close (ms: number): Promise<void> {
    if (this.#sockets.size === 0) return
    const empty = new Promise<void>((resolve) => { this.#emptied = resolve })
    this.#drain(ms)
    const timer = setTimeout(() => { this.dropAll() }, ms)
    await empty
    clearTimeout(timer)
  }

  #drain (ms: number): void {
    // A socket that has said nothing yet has no session that could be drained.
    for (const socket of this.#waiting) socket.destroy()
    this.#grpc.drain(ms + LATER_MS)
    this.#http.closeAllConnections()
  }

  #sort (socket: Socket): void {
    this.#waiting.add(socket)
    let seen: Buffer = Buffer.alloc(0)
    const look = (): void => {
      const bytes = socket.read() as Buffer | null
      if (bytes === null) return
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes])
      if (seen.length < PREFACE_BYTES) return
      socket.off('readable', look)
      this.#waiting.delete(socket)
      socket.unshift(seen)
      if (seen.toString('latin1', 0, PREFACE_BYTES) === 'PRI') this.#grpc.injectConnection(socket)
      else this.#http.emit('connection', socket)
    }
    socket.on('readable', look)
    look()
  }
}

function handleOf (socket: Socket): ReadHandle | undefined {
  return (socket as unknown as { _handle?: ReadHandle })._handle
}
