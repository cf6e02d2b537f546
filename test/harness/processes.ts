import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { AppProcessOptions } from './app-process.js'
import type { WorkerProcessOptions } from './worker-process.js'

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
  return spawned(t, './worker-process.ts', options)
}

/** A sender or a worker of the bank as a process of its own; it is killed after the test if it still lives. */
export function spawnApp (t: Test, options: AppProcessOptions): Spawned {
  return spawned(t, './app-process.ts', options)
}

function spawned (t: Test, program: string, options: object): Spawned {
  // The test's own loader reads TypeScript.
  const args = [...process.execArgv, fileURLToPath(new URL(program, import.meta.url)), JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
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
