import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, realpath, rename, rm, symlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { LogLockedError } from './errors.js'

/*
 * Each process that wants the folder listens on a socket of its own in it, under a name that is never used again, and then looks
 * whether another one answers. Of two that both found none, one made its socket known after the other, and looked after that: it would
 * have found the other. So one at most holds the lock. And as no name comes back, one that does not answer can be removed without
 * a race: nobody's living socket ever takes its place.
 *
 * Of those that start at once the one with the least name waits for the others to give way.
 */

const NAME = /^lock-[0-9a-f]{16}$/
const UNNAMED = '.new'

/** What the address of a socket may take up, in bytes: 104 on macOS, the zero at its end included. */
const LONGEST_PATH = 103

/** Milliseconds that a process has to answer; one that does not is there, but stopped or busy. */
const PATIENCE = 500

/** How often it is looked whether others that start have given way. */
const LOOKS = 100
const PAUSE = 20

/** What a file system, or a system, says that has no sockets in folders. */
const NO_SOCKETS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENXIO', 'EROFS'])

type Answer = 'held' | 'starting' | 'gone'

/** @returns what gives the lock up; undefined where the folder can hold no sockets */
export async function lockInside (folder: string): Promise<(() => Promise<void>) | undefined> {
  return await withShortPath(folder, async (short) => {
    let held = false
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.end(held ? 'held' : 'starting', () => { socket.destroy() })
      socket.unref()
    })
    server.unref()
    const name = await announce(server, short)
    if (name === undefined) return undefined
    const release = async (): Promise<void> => {
      await rm(join(folder, name), { force: true })
      await closed(server)
    }
    try {
      held = await alone(short, name)
      if (!held) throw new LogLockedError(folder)
      await removeUnnamed(short)
      return release
    } catch (error) {
      await release()
      throw error
    }
  })
}

/** Listens in the folder, and only then under a name that others look for: a socket that does not listen yet would seem dead. */
async function announce (server: Server, folder: string): Promise<string | undefined> {
  const name = `lock-${randomBytes(8).toString('hex')}`
  try {
    server.listen({ path: join(folder, name + UNNAMED), exclusive: true })
    await once(server, 'listening')
  } catch (error) {
    if (NO_SOCKETS.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
  try {
    await rename(join(folder, name + UNNAMED), join(folder, name))
  } catch (error) {
    await closed(server)
    // Who holds the lock has removed it.
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new LogLockedError(folder) : error
  }
  return name
}

/** Whether nobody else has the folder, or can have it before this process. Removes what ended processes left. */
async function alone (folder: string, own: string): Promise<boolean> {
  for (let look = 0; look < LOOKS; look++) {
    const others = (await readdir(folder)).filter((name) => NAME.test(name) && name !== own)
    const answers = await Promise.all(others.map(async (name) => ({ name, answer: await ask(join(folder, name)) })))
    for (const { name } of answers.filter(({ answer }) => answer === 'gone')) await rm(join(folder, name), { force: true })
    const living = answers.filter(({ answer }) => answer !== 'gone')
    if (living.length === 0) return true
    if (living.some(({ name, answer }) => answer === 'held' || name < own)) return false
    await wait(PAUSE)
  }
  return false
}

/** Removes what processes left that were killed before they had a name. */
async function removeUnnamed (folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(UNNAMED) || !NAME.test(name.slice(0, -UNNAMED.length))) continue
    if (await ask(join(folder, name)) === 'gone') await rm(join(folder, name), { force: true })
  }
}

async function ask (path: string): Promise<Answer> {
  const socket = connect({ path })
  socket.setTimeout(PATIENCE)
  return await new Promise<Answer>((resolve) => {
    socket.once('data', (said) => { resolve(said.toString() === 'starting' ? 'starting' : 'held') })
    socket.once('timeout', () => { resolve('held') })
    // One that ends between the connection and its answer is asked again.
    socket.once('end', () => { resolve('starting') })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'gone' : code === 'ECONNRESET' || code === 'EPIPE' ? 'starting' : 'held')
    })
  }).finally(() => { socket.destroy() })
}

/** Calls with a path of the folder that leaves room for the name of a socket. */
async function withShortPath<T> (folder: string, action: (short: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(join(folder, `lock-${'0'.repeat(16)}${UNNAMED}`)) <= LONGEST_PATH) return await action(folder)
  const links = await mkdtemp(join(tmpdir(), 'us-'))
  try {
    const short = join(links, 'd')
    await symlink(await realpath(folder), short)
    return await action(short)
  } finally {
    await rm(links, { recursive: true })
  }
}

async function closed (server: Server): Promise<void> {
  await new Promise<void>((resolve) => { server.close(() => { resolve() }) })
}
