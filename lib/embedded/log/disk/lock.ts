import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { LogLockedError } from './errors.js'

/**
 * Lets one process at a time write to a folder. The lock is a listening socket, which the system takes away with its process,
 * however that ends: on Linux in the abstract name space, on Windows a named pipe. Elsewhere it is a loopback port that comes
 * from the folder's name, which another program may hold; then the store says that the folder is in use.
 *
 * @returns what gives the lock up
 */
export async function lockFolder (folder: string): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(await realpath(folder)).digest('hex').slice(0, 40)
  const server = createServer(socket => { socket.destroy() })
  server.unref()
  try {
    server.listen(addressOf(name))
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new LogLockedError(folder)
    throw error
  }
  return () => new Promise(resolve => { server.close(() => resolve()) })
}

function addressOf (name: string): { path: string } | { host: string, port: number } {
  switch (process.platform) {
    case 'linux': return { path: `\0unistream-store-${name}` }
    case 'win32': return { path: join('\\\\.\\pipe', `unistream-store-${name}`) }
    default: return { host: '127.0.0.1', port: 49152 + Number.parseInt(name.slice(0, 8), 16) % 16384 }
  }
}
