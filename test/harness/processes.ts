import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import root from 'tap'
import type { Test } from 'tap'
import type { AppProcessOptions } from './app-process.js'
import { bare } from './bare.js'
import { compiled } from './compiled.js'
import type { WorkerProcessOptions } from './worker-process.js'

const folder = await compiled(root, ['test/harness'])

/** A real process, and what it has said so far. */
export interface Spawned {
  readonly child: ChildProcess
  /** What it has said so far; all of it once it has ended. */
  readonly lines: readonly string[]
  /** Resolves with the line that begins with this, once the process has written one. */
  said (beginning: string): Promise<string>
  /** Resolves with how the process ended. */
  readonly ended: Promise<{ code: number | null, signal: NodeJS.Signals | null }>
}

/** A worker of the counter as a process of its own; it is killed after the test if it still lives. */
export function spawnWorker (t: Test, options: WorkerProcessOptions): Spawned {
  return spawned(t, 'worker-process', options)
}

/** A sender or a worker of the bank as a process of its own; it is killed after the test if it still lives. */
export function spawnApp (t: Test, options: AppProcessOptions): Spawned {
  return spawned(t, 'app-process', options)
}

function spawned (t: Test, program: string, options: object): Spawned {
  const [command, args] = bare(process.execPath, '--enable-source-maps', join(folder, 'test/harness', `${program}.js`), JSON.stringify(options))
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  const lines: string[] = []
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    for (const listener of listeners) listener()
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    child,
    lines,
    ended,
    said: beginning => new Promise(resolve => {
      const listen = () => {
        const line = lines.find(line => line.startsWith(beginning))
        if (line === undefined) return
        listeners.delete(listen)
        resolve(line)
      }
      listeners.add(listen)
      listen()
    })
  }
}
