import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { WorkerProcessOptions } from './worker-process.js'

/** A real process, and what it has said so far. */
export interface Spawned {
  readonly child: ChildProcess
  /** Resolves when the process has written this line. */
  said (line: string): Promise<void>
  /** Resolves with how the process ended. */
  readonly ended: Promise<{ code: number | null, signal: NodeJS.Signals | null }>
}

/** A worker of the counter as a process of its own; it is killed after the test if it still lives. */
export function spawnWorker (t: Test, options: WorkerProcessOptions): Spawned {
  // The test's own loader reads TypeScript.
  return spawned(t, [...process.execArgv, fileURLToPath(new URL('./worker-process.ts', import.meta.url)), JSON.stringify(options)])
}

function spawned (t: Test, args: string[]): Spawned {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
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
    ended,
    said: line => new Promise(resolve => {
      const listen = () => {
        if (!lines.includes(line)) return
        listeners.delete(listen)
        resolve()
      }
      listeners.add(listen)
      listen()
    })
  }
}
