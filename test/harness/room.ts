import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const TEST = new URL('../', import.meta.url)

/** Files that have a process to themselves, since they are long and would keep the other files of their rooms waiting. */
const ALONE: readonly RegExp[] = [/^embedded\/(disk-|silent-peer\.)/, /^example\/start\./, /^subscriber\/sweep\./]

/** The test files of a room that share a process, as paths in `test`. */
export async function filesOf (room: string): Promise<string[]> {
  const names = (await readdir(fileURLToPath(new URL(room, TEST)))).filter(name => name.endsWith('.test.ts')).sort()
  return names.map(name => `${room}/${name}`).filter(file => !ALONE.some(alone => alone.test(file)))
}

/**
 * Runs the tests of a room's files one after the other in this process: most of them take less time than it takes to start a process
 * with all that they need. Each file runs alone just as well.
 */
export async function room (name: string): Promise<void> {
  for (const file of await filesOf(name)) {
    t.comment(`test/${file}`)
    await import(new URL(file, TEST).href)
  }
}
