import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** How a process has ended: a code, or the signal that killed it. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One of the processes that are started together. */
export class Process {
  readonly name: string
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #listeners = new Set<(line: string) => void>()

  /**
   * @param write gets each line that it says.
   */
  constructor (name: string, args: readonly string[], env: NodeJS.ProcessEnv, write: (line: string) => void) {
    this.name = name
    const lifeline = new URL('./lifeline.js', import.meta.url).href
    // In a group of its own: Ctrl-C goes to all processes of the terminal's group at once, and here the order matters.
    this.#child = spawn(process.execPath, ['--import', lifeline, ...args], { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    this.ended = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream as Readable }).on('line', (line) => {
        write(line)
        for (const listener of this.#listeners) listener(line)
      })
    }
  }

  get pid (): number {
    return this.#child.pid!
  }

  /** The part of the first line of this form that stands in the form's brackets; undefined if the process ends without one. */
  async said (form: RegExp): Promise<string | undefined> {
    let listener: ((line: string) => void) | undefined
    const found = new Promise<string | undefined>((resolve) => {
      listener = (line) => {
        const [, part] = form.exec(line) ?? []
        if (part !== undefined) resolve(part)
      }
      this.#listeners.add(listener)
    })
    try {
      return await Promise.race([found, this.ended.then(() => undefined)])
    } finally {
      this.#listeners.delete(listener!)
    }
  }

  /** Asks it to end, and waits until it has, by force after so many milliseconds. */
  async stop (patience: number): Promise<Ending> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), patience)
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }

  kill (): void {
    this.#child.kill('SIGKILL')
  }
}

/** A file of this package, compiled, beside this one. */
export function compiled (path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
