import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Disk } from '../../lib/embedded/log/disk/segment.js'
import { diskWith, type Intercept } from './logs.js'

/**
 * A disk of which is known what a power loss would leave: what was synced, in files whose folder was synced since they were made.
 * What a sync that failed should have written is lost, and later syncs do not know of it: so some systems do.
 */
export class PowerDisk {
  /** Whether syncs fail. */
  failing = false
  readonly disk: Disk
  readonly #synced = new Map<string, Buffer>()
  readonly #unsynced = new Map<string, Array<(bytes: Buffer) => Buffer>>()
  readonly #entries = new Set<string>()

  constructor () {
    const intercepted = diskWith((call) => this.#intercept(call))
    this.disk = {
      open: async (path, flags) => {
        const there = await stat(path).catch(() => undefined)
        if (there?.isDirectory() !== true && !this.#synced.has(path)) this.#synced.set(path, there === undefined ? Buffer.alloc(0) : await readFile(path))
        if (there !== undefined) this.#entries.add(path)
        return await intercepted.open(path, flags)
      }
    }
  }

  /** Writes what is left into another folder. */
  async leave (folder: string): Promise<void> {
    for (const path of this.#entries) {
      const bytes = this.#synced.get(path)
      if (bytes !== undefined && path.endsWith('.log')) await writeFile(join(folder, basename(path)), bytes)
    }
  }

  async #intercept ({ name, path, args, real }: Parameters<Intercept>[0]): Promise<unknown> {
    if (name === 'write') {
      const [bytes, from, length, at] = args as [Buffer, number, number, number]
      const written = Buffer.from(bytes.subarray(from, from + length))
      this.#later(path, (before) => {
        const after = Buffer.alloc(Math.max(before.length, at + length))
        before.copy(after)
        written.copy(after, at)
        return after
      })
    }
    if (name === 'truncate') this.#later(path, (before) => before.subarray(0, args[0] as number))
    if (name === 'datasync' || name === 'sync') {
      const changes = this.#unsynced.get(path) ?? []
      this.#unsynced.delete(path)
      if (this.failing) throw new Error('EIO')
      if (this.#synced.has(path)) this.#synced.set(path, changes.reduce((bytes, change) => change(bytes), this.#synced.get(path)!))
      else for (const file of this.#synced.keys()) this.#entries.add(file)
    }
    return await real()
  }

  #later (path: string, change: (bytes: Buffer) => Buffer): void {
    this.#unsynced.set(path, [...this.#unsynced.get(path) ?? [], change])
  }
}
