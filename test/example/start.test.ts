import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { bare } from '../harness/bare.js'
import { compiled } from '../harness/compiled.js'
import { freePort } from '../harness/free-port.js'
import { until } from '../harness/until.js'
import { tellTheWholeStory } from './story.js'

t.setTimeout(180_000)
const folder = await compiled(t)
const SERVERS_ONLY = process.platform !== 'linux' ? 'needs /proc' : false

interface Started {
  readonly child: ChildProcess
  readonly port: number
  /** Everything that it has written. */
  text (): string
  readonly ended: Promise<unknown[]>
}

async function start (t: Test, variables: Record<string, string> = {}): Promise<Started> {
  const port = await freePort()
  const env = { ...process.env, KURRENT_HOST: '', PORT: String(port), ...variables }
  const [command, args] = bare(process.execPath, join(folder, 'example-app/start.js'))
  const child = spawn(command, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => { text += part })
  return { child, port, ended, text: () => text }
}

/** Rejects with all that it has written where it ends before. */
async function ready (started: Started): Promise<void> {
  let ended = false
  started.ended.then(() => { ended = true }, () => {})
  await until(() => ended || started.text().includes('Ready: open'))
  if (ended) throw new Error(`It has ended: ${started.text()}`)
}

/** The processes that have been started by another one, by their command lines. */
function childrenOf (pid: number): Array<{ pid: number, command: string }> {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))![1])
      return parent === pid ? [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }] : []
    } catch {
      return [] // gone meanwhile
    }
  })
}

function isAlive (pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

t.test('all three processes, a bank account from one terminal, and an orderly end, the store last', { skip: SERVERS_ONLY }, async (t) => {
  const started = await start(t)
  await ready(started)
  const base = `http://127.0.0.1:${started.port}`
  t.match(started.text(), `Ready: open ${base}/documentation`)
  t.match(started.text(), /^store {2}\| .*listening/m)
  t.match(started.text(), /^worker \| .*INFO: /m)
  t.match(started.text(), /^sender \| .*INFO: Server listening/m)
  t.notMatch(started.text(), /^\w+ *\| \{/m, 'log lines are readable')
  const answer = await fetch(`${base}/Account/CreateAccount/0d2bd8d5-0d0e-4c39-9d0b-3a3ddc5ad001?aggId=0d2bd8d5-0d0e-4c39-9d0b-3a3ddc5ad002`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"owner":"Ann"}'
  })
  t.equal(answer.status, 201)
  t.match(await answer.json(), { revision: 0, events: [{ type: 'AccountCreated', data: { owner: 'Ann' } }] })
  t.equal((await fetch(`${base}/documentation`)).status, 200)
  await tellTheWholeStory(t, base, /kurrentdb:\/\/\S+/.exec(started.text())![0])
  const children = childrenOf(started.child.pid!)
  t.equal(children.length, 3)
  started.child.kill('SIGINT')
  t.strictSame(await started.ended, [0, null])
  t.match(started.text().trim().split('\n').at(-1), /^store {2}\| unistream-store stopped$/)
  t.notOk(children.some(({ pid }) => isAlive(pid)))
})

t.test('with KURRENT_HOST that store is used, and none is started', { skip: SERVERS_ONLY }, async (t) => {
  const store = await startEmbeddedStore()
  t.teardown(() => store.stop())
  const started = await start(t, { KURRENT_HOST: store.connectionString })
  await ready(started)
  t.equal(childrenOf(started.child.pid!).length, 2)
  t.notMatch(started.text(), /^store /m)
  started.child.kill('SIGTERM')
  t.strictSame(await started.ended, [0, null])
})

t.test('a process that dies unasked ends all, with its code', { skip: SERVERS_ONLY }, async (t) => {
  const started = await start(t)
  await ready(started)
  const children = childrenOf(started.child.pid!)
  process.kill(children.find(({ command }) => command.includes('worker.js'))!.pid, 'SIGKILL')
  t.strictSame(await started.ended, [1, null])
  t.match(started.text(), /^worker \| has ended, by SIGKILL; the others are stopped$/m)
  t.notOk(children.some(({ pid }) => isAlive(pid)))
})

t.test('a port that is taken ends all, and is named', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise((resolve) => { server.close(resolve) }))
  const { port } = server.address() as AddressInfo
  const started = await start(t, { PORT: String(port) })
  t.strictSame(await started.ended, [1, null])
  t.match(started.text(), new RegExp(`EADDRINUSE.*${port}`))
})

t.test('a port that is none', async (t) => {
  for (const PORT of ['http', '0', '70000']) {
    const started = await start(t, { PORT })
    t.strictSame(await started.ended, [1, null])
    t.match(started.text(), `PORT is "${PORT}": expected a number from 1 to 65535`)
  }
})

t.test('a store within a process is none that three processes can share', async (t) => {
  const started = await start(t, { KURRENT_HOST: 'embedded' })
  t.strictSame(await started.ended, [1, null])
  t.match(started.text(), /KURRENT_HOST is embedded: .* Leave it unset/)
})

t.test('killed, it leaves no process behind', { skip: SERVERS_ONLY }, async (t) => {
  const started = await start(t)
  await ready(started)
  const children = childrenOf(started.child.pid!)
  t.equal(children.length, 3)
  started.child.kill('SIGKILL')
  await started.ended
  await until(() => !children.some(({ pid }) => isAlive(pid)))
})

t.test('asked a second time, it ends at once', { skip: SERVERS_ONLY }, async (t) => {
  const started = await start(t)
  await ready(started)
  const children = childrenOf(started.child.pid!)
  // A process that stands still cannot end in good order.
  process.kill(children.find(({ command }) => command.includes('worker.js'))!.pid, 'SIGSTOP')
  started.child.kill('SIGINT')
  await until(() => !isAlive(children.find(({ command }) => command.includes('sender.js'))!.pid))
  started.child.kill('SIGINT')
  t.strictSame(await started.ended, [1, null])
  await until(() => !children.some(({ pid }) => isAlive(pid)))
})
