#!/usr/bin/env node
import { createRequire } from 'node:module'
import { HELP, readCommandLine, UsageError, type Wishes } from './command-line.js'
import { startEmbeddedStore } from './index.js'
import { progressLine } from './progress-line.js'

/** Seconds for which open calls go on after a signal, as with a real server. */
const GRACE = 5

/** Milliseconds after which somebody wants to know why it has not ended yet. */
const NOTICEABLE = 500

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

async function serve ({ port, host, data, emulate }: Wishes): Promise<void> {
  const store = await startEmbeddedStore({
    port,
    host,
    emulate,
    warn: (message) => { console.error(`warning: ${message}`) },
    progress: progressLine(process.stderr, () => performance.now()),
    ...(data !== undefined && { data })
  })
  if (!LOOPBACK.test(host)) {
    console.error(`warning: listening on ${host}, beyond this machine's loopback, without authentication: who reaches the port may read and write everything`)
  }
  let told = false
  const stop = (): void => {
    const stopped = store.stop(told ? {} : { grace: GRACE })
    if (told) return
    told = true
    setTimeout(() => {
      console.log(`unistream-store stopping: open calls may go on for ${GRACE} s; a second signal ends them`)
    }, NOTICEABLE).unref()
    stopped.then(() => {
      console.log('unistream-store stopped')
      process.exit(0)
    }, (error: unknown) => {
      console.error(`unistream-store: ${String(error)}`)
      process.exit(1)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  console.log(`unistream-store listening on ${host}:${store.port}, ${data === undefined ? 'in memory' : `data in ${data}`}: ${store.connectionString}`)
}

/** What went wrong, and what to do where that can be said. */
function saying (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `port ${port} is in use; stop who has it, or choose another with --port (0 takes any that is free)`
  return error.message
}

function version (): string {
  return (createRequire(import.meta.url)('fastify-unistream/package.json') as { version: string }).version
}

try {
  const wishes = readCommandLine(process.argv.slice(2))
  if (wishes === 'help') console.log(HELP)
  else if (wishes === 'version') console.log(version())
  else await serve(wishes)
} catch (error) {
  console.error(`unistream-store: ${saying(error)}`)
  if (error instanceof UsageError) console.error('Try --help')
  process.exitCode = error instanceof UsageError ? 2 : 1
}
