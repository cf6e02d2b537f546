import type { Http2Server, ServerHttp2Stream } from 'node:http2'
import type { Server } from '@grpc/grpc-js'

/**
 * Keeps calls from gRPC that were reset before it got to see them: it would answer them, which throws where nobody can catch it. The
 * library gives no other way to its HTTP/2 servers.
 */
export function ignoreDeadStreams (grpc: Server): void {
  const servers = grpc['http2Servers'] as Map<Http2Server, unknown>
  for (const server of servers.keys()) {
    const emit = server.emit
    server.emit = (event: string, ...details: unknown[]): boolean => {
      if (event === 'stream' && isDead(details[0] as ServerHttp2Stream)) return true
      return emit.call(server, event, ...details)
    }
  }
}

function isDead (stream: ServerHttp2Stream): boolean {
  if (!stream.destroyed && !stream.closed) return false
  stream.on('error', () => {})
  return true
}
