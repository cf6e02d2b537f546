import { createServer, type Server } from 'node:http'

/** What speaks HTTP/1 on the port: only the question whether the server lives, as container health checks ask it. */
export function healthServer (): Server {
  return createServer((request, response) => {
    const path = request.url?.split('?')[0]
    const live = path === '/health/live' && (request.method === 'GET' || request.method === 'HEAD')
    response.writeHead(live ? 204 : 404).end()
  })
}
