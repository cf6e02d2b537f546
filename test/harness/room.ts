import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/**
 * Runs the tests of a room's files one after the other in this process: most of them take less time than it takes to start a process
 * with all that they need. Each file runs alone just as well.
 *
 * @param but files of which each has a process to itself
 */
export async function room (name: string, but?: RegExp): Promise<void> {
  const folder = new URL(`../${name}/`, import.meta.url)
  const files = (await readdir(fileURLToPath(folder))).filter(file => file.endsWith('.test.ts') && but?.test(file) !== true).sort()
  for (const file of files) {
    t.comment(`test/${name}/${file}`)
    await import(new URL(file, folder).href)
  }
}
