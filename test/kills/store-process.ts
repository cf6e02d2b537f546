import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/lib/embedded/cli.js', import.meta.url))

/** The store as its users run it: a process of its own with a data folder. */
export class StoreProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #warnings: string[] = []
  /** What the official client connects to; nothing when the process ended before it listened. */
  readonly listening: Promise<string | undefined>

  constructor (data: string) {
    this.#child = spawn(process.execPath, [CLI, '--data', data, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#ended = once(this.#child, 'exit')
    createInterface({ input: this.#child.stderr! }).on('line', (line) => { this.#warnings.push(line) })
    this.listening = new Promise((resolve) => {
      createInterface({ input: this.#child.stdout! }).on('line', (line) => {
        const url = /kurrentdb:\/\/\S+/.exec(line)?.[0]
        if (url !== undefined) resolve(url)
      })
      this.#ended.then(() => { resolve(undefined) }, () => { resolve(undefined) })
    })
  }

  /** What it has said to who runs it. */
  get warnings (): readonly string[] {
    return this.#warnings
  }

  /** Ends it as a power cut would, as far as a process can see. */
  async kill (): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Asks it to end, without waiting: with time for calls that are open, or in a hurry. */
  askToEnd (hurry: boolean): void {
    this.#child.kill('SIGTERM')
    if (hurry) this.#child.kill('SIGINT')
  }
}
