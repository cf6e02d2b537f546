import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { LogLockedError } from './errors.js'
import { lockInside } from './socket-lock.js'

/**
 * Lets one process at a time write to a folder. The lock is a listening socket, which the system takes away with its process,
 * however that ends: one in the folder, which holds for all processes of this machine, also in containers that share the folder; and
 * on Linux one in the abstract name space, which earlier versions look for, and on Windows a named pipe in place of the other.
 *
 * Where the folder's file system takes no sockets, the abstract one alone holds, within one container, and on macOS none does.
 * Other machines that mount the folder are not kept out.
 *
 * @returns what gives the lock up
 */
export async function lockFolder (folder: string, warn: (message: string) => void): Promise<() => Promise<void>> {
  const unlock = await lockName(folder)
  if (process.platform === 'win32') return unlock
  try {
    const open = await lockInside(folder)
    if (open === undefined) warn(`The file system of ${folder} takes no sockets: nothing keeps stores in other containers, or on a Mac any other, from writing to it too`)
    return async () => {
      await open?.()
      await unlock()
    }
  } catch (error) {
    await unlock()
    throw error
  }
}

async function lockName (folder: string): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(await realpath(folder)).digest('hex').slice(0, 40)
  const path = addressOf(name)
  if (path === undefined) return async () => {}
  const server = createServer(socket => { socket.destroy() })
  server.unref()
  try {
    server.listen({ path, exclusive: true })
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new LogLockedError(folder)
    throw error
  }
  return () => new Promise(resolve => { server.close(() => resolve()) })
}

function addressOf (name: string): string | undefined {
  switch (process.platform) {
    case 'linux': return `\0unistream-store-${name}`
    case 'win32': return join('\\\\.\\pipe', `unistream-store-${name}`)
    default: return undefined
  }
}
