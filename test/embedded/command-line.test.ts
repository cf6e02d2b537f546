import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t, { type Test } from 'tap'
import { until } from '../harness/until.js'
import { eventsOf } from './consumer.js'
import { streamOf } from './stream-kinds.js'

const CLI = fileURLToPath(new URL('../../lib/embedded/cli.ts', import.meta.url))

interface Run { process: ChildProcess, out: () => string, errors: () => string, exit: Promise<number | null> }

/** Runs the command line by the loaders of this test, so that it is the source that runs. */
function run (t: Test, ...args: string[]): Run {
  const child = spawn(process.execPath, [...process.execArgv, CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString() })
  const exit = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exit
  })
  return { process: child, out: () => out, errors: () => errors, exit }
}

async function listening ({ out }: Run): Promise<string> {
  return await until(() => /kurrentdb:\/\/\S+/.exec(out())?.[0])
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`it serves until ${signal}`, async (t) => {
    const server = run(t, '--memory', '--port', '0')
    const connectionString = await listening(server)
    t.match(connectionString, /127\.0\.0\.1:\d+/)
    t.equal(server.errors(), '', 'no warning on loopback')
    const client = KurrentDBClient.connectionString(connectionString)
    t.teardown(() => client.dispose())
    t.equal((await eventsOf(client, await streamOf(client, 'live'))).length, 3)
    server.process.kill(signal)
    t.equal(await server.exit, 0)
    t.match(server.out(), /stopped/)
  })
}

t.test('beyond loopback it warns', async (t) => {
  const server = run(t, '--memory', '--port', '0', '--host', '0.0.0.0')
  await listening(server)
  t.match(server.errors(), /without authentication/)
})

t.test('it tells its version and what can be said to it', async (t) => {
  const [version, help] = [run(t, '--version'), run(t, '--help')]
  t.equal(await version.exit, 0)
  t.match(version.out(), /^\d+\.\d+\.\d+/)
  t.equal(await help.exit, 0)
  for (const option of ['--memory', '--port', '--host', '--version', '--help']) t.match(help.out(), option)
})

t.test('what cannot be followed is said, with the way out', async (t) => {
  const attempts = ([
    [[], /--memory/],
    [['--memory', '--port', '70000'], /70000/],
    [['--memory', '--emulate', '22.10'], /22\.10/],
    [['--memory', '--colour', 'red'], /--colour/]
  ] as const).map(async ([args, message]) => {
    const refused = run(t, ...args)
    t.equal(await refused.exit, 2, args.join(' '))
    t.match(refused.errors(), message)
    t.match(refused.errors(), /--help/)
  })
  await Promise.all(attempts)
})

t.test('a port that is taken ends it', async (t) => {
  const server = run(t, '--memory', '--port', '0')
  const port = /:(\d+)\?/.exec(await listening(server))?.[1]
  const second = run(t, '--memory', '--port', port ?? '')
  t.equal(await second.exit, 1)
  t.match(second.errors(), /EADDRINUSE/)
})
