import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Chronicle } from './chronicle.js'
import type { Life, Role, Version } from './history.js'
import type { Message } from './programs/orders.js'

/** Lives that ended by themselves before they were ready, one after the other: then it never will be. */
const MOST_FALSE_STARTS = 5
/** Milliseconds that a member is waited for: far more than any may take, also where faults come one upon the other. */
const LONGEST_START = 150_000
/** Characters. */
const TOLD_OF_LOG = 3_000

export interface MemberOptions {
  readonly name: string
  readonly role: Role
  /** A file. */
  readonly program: string
  /** What its program is told, in a version. */
  readonly wishes: (version: Version) => object
  readonly log: string
  readonly chronicle: Chronicle
  readonly onMessage?: (message: Message) => void
  readonly onEnded?: () => void
}

interface Running {
  readonly child: ChildProcess
  readonly pid: number
  readonly started: number
  readonly version: Version
  ready?: number
  unready?: number
  /** It hears signals. */
  up?: true
  toldToStop?: number
  disturbed?: true
  readonly ended: Promise<void>
}

/** A process of the fleet, over all its lives. While it is wanted it comes back whenever it ends. */
export class Member {
  readonly name: string
  readonly role: Role
  version: Version = 'old'
  readonly #options: MemberOptions
  #running: Running | undefined
  #wanted = false
  #downtime = 0
  #frozen = false
  #queue: Promise<unknown> = Promise.resolve()
  #falseStarts = 0
  #lives = 0
  readonly #readyListeners = new Set<() => void>()

  constructor (options: MemberOptions) {
    this.name = options.name
    this.role = options.role
    this.#options = options
  }

  get pid (): number | undefined {
    return this.#running?.pid
  }

  get ready (): boolean {
    return this.#running?.ready !== undefined && this.#running.unready === undefined
  }

  /** How often it has been started. */
  get lives (): number {
    return this.#lives
  }

  get wanted (): boolean {
    return this.#wanted
  }

  get frozen (): boolean {
    return this.#frozen
  }

  /** One thing at a time is done to a member. */
  async exclusively<T> (action: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(action)
    this.#queue = done.catch(() => {})
    return await done
  }

  /** It runs from now on; again and again, if need be. */
  start (version: Version = this.version): void {
    this.version = version
    this.#wanted = true
    if (this.#running === undefined) this.#spawn()
  }

  /** SIGKILL; it comes back after so many milliseconds, unless it is not wanted. */
  async kill (downtime: number): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    this.#downtime = downtime
    running.disturbed = true
    running.child.kill('SIGKILL')
    await running.ended
  }

  /** SIGTERM; likewise. Resolves when it has ended, by force after so many milliseconds, which the record shows. */
  async stop (downtime: number, patience: number): Promise<void> {
    const running = this.#running
    if (running === undefined) return
    this.#downtime = downtime
    running.toldToStop = this.#options.chronicle.now()
    // Before its first line runs, the signal ends it as it ends any process.
    if (running.up !== true) running.disturbed = true
    running.child.kill('SIGTERM')
    const timer = setTimeout(() => { running.child.kill('SIGKILL') }, patience)
    await running.ended
    clearTimeout(timer)
  }

  /** Does not come back when it ends. */
  dismiss (): void {
    this.#wanted = false
    this.#tellWaiting()
  }

  /** SIGSTOP. */
  freeze (): void {
    const running = this.#running
    if (running === undefined) throw new Error(`${this.name} does not run`)
    this.#frozen = true
    if (running.toldToStop !== undefined) running.disturbed = true
    running.child.kill('SIGSTOP')
  }

  thaw (): void {
    this.#frozen = false
    this.#running?.child.kill('SIGCONT')
  }

  /** Gives false where there is nobody to hear it. */
  send (order: object): boolean {
    if (this.#running?.child.connected !== true) return false
    this.#running.child.send(order, () => {})
    return true
  }

  /** Resolves when a life of it is ready, or when it is not wanted any more; rejects when it cannot start, or does not come to be ready. */
  async untilReady (patience = LONGEST_START): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#tellWaiting()
    }, patience)
    try {
      while (!this.ready && this.#wanted) {
        if (late) throw new Error(`${this.name} was not ready for ${patience} ms`)
        if (this.#falseStarts >= MOST_FALSE_STARTS) throw new Error(`${this.name} does not start; its log, ${this.#options.log}, ends so:\n${readFileSync(this.#options.log, 'utf8').slice(-TOLD_OF_LOG)}`)
        await new Promise<void>(resolve => { this.#readyListeners.add(resolve) })
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** The line of a life that is not over. */
  recordUnfinished (): void {
    if (this.#running !== undefined) this.#options.chronicle.write(this.#life(this.#running))
  }

  #tellWaiting (): void {
    for (const resolve of this.#readyListeners) resolve()
    this.#readyListeners.clear()
  }

  #spawn (): void {
    const { program, wishes, log, chronicle, onMessage } = this.#options
    const output = openSync(log, 'a')
    const child = spawn(process.execPath, [program, JSON.stringify(wishes(this.version))], { stdio: ['ignore', output, output, 'ipc'] })
    closeSync(output)
    const ended = new Promise<void>(resolve => {
      child.once('exit', (code, signal) => {
        this.#ended(running, code, signal)
        resolve()
      })
    })
    const running: Running = { child, pid: child.pid!, started: chronicle.now(), version: this.version, ended }
    this.#running = running
    this.#lives++
    child.on('error', () => {})
    child.on('message', (message: Message) => {
      running.up = true
      // What closes is no longer ready, as it should be.
      if (message.says === 'unready' && running.toldToStop === undefined) running.unready = chronicle.now()
      if (message.says === 'ready') {
        running.ready ??= chronicle.now()
        delete running.unready
        this.#falseStarts = 0
        this.#tellWaiting()
      }
      onMessage?.(message)
    })
  }

  #ended (running: Running, code: number | null, signal: string | null): void {
    this.#running = undefined
    this.#frozen = false
    this.#options.chronicle.write({ ...this.#life(running), ended: this.#options.chronicle.now(), code, signal })
    if (code !== null && running.ready === undefined && running.toldToStop === undefined) {
      this.#falseStarts++
      if (this.#falseStarts >= MOST_FALSE_STARTS) this.#tellWaiting()
    }
    this.#options.onEnded?.()
    const downtime = this.#downtime
    this.#downtime = 0
    if (!this.#wanted) return
    wait(downtime).then(() => {
      if (this.#wanted && this.#running === undefined) this.#spawn()
    })
  }

  #life ({ pid, started, version, ready, unready, toldToStop, disturbed }: Running): Life {
    return {
      kind: 'life',
      process: this.name,
      role: this.role,
      version,
      pid,
      started,
      ...ready !== undefined && { ready },
      ...unready !== undefined && { unready },
      ...toldToStop !== undefined && { toldToStop },
      ...disturbed !== undefined && { disturbed }
    }
  }
}
