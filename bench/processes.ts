import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Process } from '../example-app/process.js'
import { connectionSettings, readSettings } from '../lib/settings/index.js'

const STORE_LISTENING = /listening on .*: (kurrentdb:\/\/\S+)/
const LISTENING = /listening at (http:\/\/\S+)/

/** Milliseconds until a process that was asked to end is ended by force; above the drain time of the plugins, 20 s. */
const END_PATIENCE = 25_000

/** Milliseconds until all loops stand. */
const READY_PATIENCE = 60_000
const READY_INTERVAL = 50

/** A store to measure on. */
export interface BenchStore {
  /** For KURRENT_HOST of the processes that use it. */
  readonly host: string
  /** For the official client. */
  readonly connectionString: string
  /** Of its process; undefined if it stood already, and is not one of ours. */
  readonly pid: number | undefined
}

/** Where a store of our own keeps its data: in memory, or below a folder. */
export type Keeping = 'in memory' | { readonly below: string }

/** Where disk stores keep their data unless told otherwise. */
export const SCRATCH = tmpdir()

/** The processes that a benchmark starts, and ends in the opposite order. */
export class Processes {
  /** Rejects when one ends unasked. */
  readonly failed: Promise<never>
  readonly #started: Process[] = []
  readonly #folders: string[] = []
  readonly #write: (line: string) => void
  #fail!: (error: Error) => void
  #stopping = false

  /**
   * @param write gets what the processes say once they stand: warnings and errors.
   */
  constructor (write: (line: string) => void) {
    this.#write = write
    this.failed = new Promise((_resolve, reject) => { this.#fail = reject })
    this.failed.catch(() => {})
  }

  get pids (): number[] {
    return this.#started.map(({ pid }) => pid)
  }

  /** The store that KURRENT_HOST names, or else one of its own, in memory. */
  async store (): Promise<BenchStore> {
    return this.givenStore() ?? await this.ownStore('in memory')
  }

  /** The store that KURRENT_HOST names. */
  givenStore (): BenchStore | undefined {
    if (!process.env['KURRENT_HOST']) return undefined
    const { kurrent } = readSettings({}, process.env, { aggregates: ['Account', 'Transaction'] })
    const { host } = kurrent
    if (host === undefined || host === 'embedded') throw new Error('KURRENT_HOST must name a server that several processes can reach')
    return { host, connectionString: connectionSettings({ ...kurrent, host }).connectionString, pid: undefined }
  }

  /** A store of its own. What it keeps on disk is removed once it is stopped. */
  async ownStore (keeping: Keeping): Promise<BenchStore> {
    const own = await this.#start('store', ['../lib/embedded/cli.js', ...this.#place(keeping), '--port', '0'], STORE_LISTENING)
    return { host: own.place, connectionString: own.place, pid: own.pid }
  }

  /** A worker and a sender of the bank on that store; resolves, once all their loops stand, with the sender's URL. */
  async bank ({ host }: BenchStore): Promise<string> {
    // A second sender of one name would take half of the outcomes of the first.
    const env = { KURRENT_HOST: host, KURRENT_HOSTNAME: `bench-${randomUUID()}` }
    const { place: worker } = await this.#start('worker', ['./serve.js', 'worker'], LISTENING, env)
    const { place: sender } = await this.#start('sender', ['./serve.js', 'sender'], LISTENING, env)
    await Promise.all([worker, sender].map(ready))
    return sender
  }

  /** Ends all, one after the other: first the sender, whose callers wait for the others. Others can be started then. */
  async stop (): Promise<void> {
    this.#stopping = true
    for (const one of this.#started.toReversed()) await one.stop(END_PATIENCE)
    this.#started.length = 0
    this.#removeFolders()
    this.#stopping = false
  }

  kill (): void {
    this.#stopping = true
    for (const one of this.#started) one.kill()
    this.#removeFolders()
  }

  #place (keeping: Keeping): string[] {
    if (keeping === 'in memory') return ['--memory']
    const folder = mkdtempSync(join(keeping.below, 'unistream-bench-'))
    this.#folders.push(folder)
    return ['--data', folder]
  }

  #removeFolders (): void {
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  }

  async #start (name: string, [file, ...args]: readonly [string, ...string[]], standing: RegExp, env: NodeJS.ProcessEnv = {}): Promise<Standing> {
    const started = new Process(name, [fileURLToPath(new URL(file, import.meta.url)), ...args], { ...process.env, ...env }, (line) => {
      if (!standing.test(line) && !this.#stopping) this.#write(`${name} | ${line}`)
    })
    this.#started.push(started)
    started.ended.then(({ code, signal }) => {
      if (!this.#stopping) this.#fail(new Error(`The ${name} has ended, ${signal === null ? `with code ${code}` : `by ${signal}`}`))
    }, this.#fail)
    const place = await started.said(standing)
    return { place: place ?? await this.failed, pid: started.pid }
  }
}

/** A process that has said that it stands, and where. */
interface Standing {
  readonly place: string
  readonly pid: number
}

async function ready (url: string): Promise<void> {
  const end = Date.now() + READY_PATIENCE
  let reasons = 'no answer'
  while (Date.now() < end) {
    const answer = await fetch(new URL('/ready', url)).catch(() => undefined)
    if (answer?.ok) return
    reasons = await answer?.text() ?? reasons
    await wait(READY_INTERVAL)
  }
  throw new Error(`Not ready after ${READY_PATIENCE / 1000} s: ${reasons}`)
}
