import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import { writeLine } from './console.js'
import { compiled, Process } from './process.js'

/*
 * The bank on one terminal: a store, a worker and a sender, each a process of its own, as they would be on machines of their
 * own. With KURRENT_HOST set that store is used and none is started.
 */

const HOST = '127.0.0.1'
const LISTENING = /Server listening at (http:\/\/[^\s"]+)/
const STORE_LISTENING = /listening on .*: (kurrentdb:\/\/\S+)/

/** Milliseconds for an orderly end, given to fastify-cli; it must exceed the drain time of the plugins, 20 s. */
const GRACE = 30_000
const PATIENCE = GRACE + 5000

const processes: Process[] = []
let stopping: Promise<number> | undefined

function start (name: string, args: readonly string[], env: NodeJS.ProcessEnv): Process {
  const started = new Process(name, args, env, (line) => writeLine(name, line))
  processes.push(started)
  started.ended.then(({ code, signal }) => {
    if (isStopping()) return
    writeLine(name, `has ended, ${signal === null ? `with code ${code}` : `by ${signal}`}; the others are stopped`)
    finish(code === null || code === 0 ? 1 : code)
  }, () => undefined)
  return started
}

function startFastify (name: string, file: string, port: number, env: NodeJS.ProcessEnv): Process {
  const cli = createRequire(import.meta.url).resolve('fastify-cli/cli.js')
  return start(name, [cli, 'start', '-o', '-g', String(GRACE), '-l', 'info', '-a', HOST, '-p', String(port), compiled(file)], env)
}

/** Ends all, each in good order and in the reverse order of the start: callers of the sender wait for the worker, and both need the store. */
function finish (code: number): void {
  if (stopping === undefined) {
    stopping = stopAll(code)
    stopping.then((code) => process.exit(code), () => process.exit(1))
  }
}

async function stopAll (code: number): Promise<number> {
  let worst = code
  for (const one of [...processes].reverse()) {
    const ending = await one.stop(PATIENCE)
    if (ending.code !== 0 && worst === 0) worst = 1
  }
  return worst
}

function isStopping (): boolean {
  return stopping !== undefined
}

function onSignal (): void {
  if (isStopping()) {
    // Asked twice: at once, then.
    for (const one of processes) one.kill()
    process.exit(1)
  }
  finish(0)
}

/** Below the ports that systems give to connections, one of which would be taken again before it is used. */
async function freePort (): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer().listen(port, HOST)
    const listens = await new Promise<boolean>((resolve) => server.once('listening', () => resolve(true)).once('error', () => resolve(false)))
    if (!listens) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

async function green (base: string): Promise<void> {
  while (!isStopping()) {
    const answer = await fetch(new URL('/ready', base)).catch(() => undefined)
    if (answer?.ok) return
    await wait(100)
  }
}

function senderPort (text = '3000'): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    console.error(`PORT is ${JSON.stringify(text)}: expected a number from 1 to 65535`)
    process.exit(1)
  }
  return port
}

async function run (): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile()
  const port = senderPort(process.env['PORT'] || undefined)
  const env = { ...process.env }
  if (env['KURRENT_HOST'] === 'embedded') {
    console.error('KURRENT_HOST is embedded: each of the processes would have a store of its own. Leave it unset, and one is started for them')
    process.exit(1)
  }
  if (!env['KURRENT_HOST']) {
    const store = start('store', [compiled('../lib/embedded/cli.js'), '--memory', '--port', '0'], env)
    env['KURRENT_HOST'] = await store.said(STORE_LISTENING)
    if (env['KURRENT_HOST'] === undefined) return
  }
  const worker = startFastify('worker', './worker.js', await freePort(), env)
  const sender = startFastify('sender', './sender.js', port, env)
  const bases = await Promise.all([worker.said(LISTENING), sender.said(LISTENING)])
  const [, base] = bases
  if (bases.includes(undefined)) return
  await Promise.all(bases.map((one) => green(one!)))
  if (!isStopping()) writeLine('', `Ready: open ${base}/documentation (Ctrl-C stops all)`)
}

process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)
process.on('SIGHUP', onSignal)
// Whoever read this has gone.
process.stdout.on('error', () => finish(1))
run().catch((error: unknown) => {
  console.error(error)
  finish(1)
})
