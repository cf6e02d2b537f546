import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { KurrentDBClient } from '@kurrent/kurrentdb-client'
import t, { type Test } from 'tap'
import { bare } from '../harness/bare.js'
import { compiled } from '../harness/compiled.js'
import { until } from '../harness/until.js'
import { HELP, readCommandLine, UsageError } from '../../lib/embedded/command-line.js'
import { eventsOf } from './consumer.js'
import { Follower } from './follower.js'
import { versionOf } from './server-version.js'
import { streamOf } from './stream-kinds.js'

const CLI = join(await compiled(t), 'lib/embedded/cli.js')

interface Run { process: ChildProcess, out: () => string, errors: () => string, exit: Promise<number | null> }

function run (t: Test, ...args: string[]): Run {
  const child = spawn(...bare(process.execPath, CLI, ...args), { stdio: ['ignore', 'pipe', 'pipe'] })
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

t.test('it serves until SIGTERM, and says who else cannot', async (t) => {
  const server = run(t, '--memory', '--port', '0')
  const connectionString = await listening(server)
  t.match(connectionString, /127\.0\.0\.1:\d+/)
  t.equal(server.errors(), '', 'no warning on loopback')
  const client = KurrentDBClient.connectionString(connectionString)
  t.equal((await eventsOf(client, await streamOf(client, 'live'))).length, 3)
  await client.dispose()

  const second = run(t, '--memory', '--port', new URL(connectionString).port)
  t.equal(await second.exit, 1)
  t.match(second.errors(), new RegExp(`port ${new URL(connectionString).port} is in use; stop who has it, or choose another with --port`))

  server.process.kill('SIGTERM')
  t.equal(await server.exit, 0)
  t.match(server.out(), /stopped/)
})

t.test('calls that are open may go on for some time; a second signal ends them', async (t) => {
  const server = run(t, '--memory', '--port', '0')
  const client = KurrentDBClient.connectionString(await listening(server))
  t.teardown(() => client.dispose())
  const follower = new Follower(t, client.subscribeToStream('any'))
  await follower.live()
  server.process.kill('SIGTERM')
  await until(() => /stopping: open calls may go on for 5 s; a second signal ends them/.test(server.out()))
  server.process.kill('SIGINT')
  t.match(await follower.failed(), { type: 'unavailable', message: 'Server is shutting down' })
  t.equal(await server.exit, 0)
})

t.test('beyond loopback it warns; Ctrl-C ends it too', async (t) => {
  const server = run(t, '--data', t.testdir(), '--port', '0', '--host', '0.0.0.0', '--emulate', '23.10')
  await listening(server)
  t.match(server.errors(), /without authentication/)
  const client = KurrentDBClient.connectionString(`kurrentdb://127.0.0.1:${/:(\d+)/.exec(server.out())![1]}?tls=false`)
  t.teardown(() => client.dispose())
  t.equal(await versionOf(client), '23.10.8')
  server.process.kill('SIGINT')
  t.equal(await server.exit, 0)
})

t.test('it tells its version, and what is wrong with what it is told', async (t) => {
  const [version, refused] = [run(t, '-v'), run(t, '--memory', '--colour', 'red')]
  t.equal(await version.exit, 0)
  t.match(version.out(), /^\d+\.\d+\.\d+/)
  t.equal(await refused.exit, 2)
  t.match(refused.errors(), '--colour')
  t.match(refused.errors(), 'Try --help')
})

t.test('what can be said to it', async (t) => {
  for (const option of ['--data', '--memory', '--port', '--host', '--emulate', '--version', '--help']) t.match(HELP, option)
  t.equal(readCommandLine(['--help']), 'help')
  t.equal(readCommandLine(['-h', '--port', '70000']), 'help')
  t.equal(readCommandLine(['--version']), 'version')
  t.same(readCommandLine(['--memory']), { port: 2113, host: '127.0.0.1', emulate: '26.1' })
  t.same(readCommandLine(['--data', 'd', '--port', '0', '--host', '::', '--emulate', '24.10']), { data: 'd', port: 0, host: '::', emulate: '24.10' })
  for (const [args, message] of [
    [[], /--memory/],
    [['--memory', '--data', 'd'], /--memory/],
    [['--memory', '--port', '70000'], /70000/],
    [['--memory', '--port', 'x'], /'x'/],
    [['--memory', '--emulate', '22.10'], /22\.10/],
    [['--colour'], /--colour/],
    [['there'], /there/]
  ] as const) t.throws(() => readCommandLine([...args]), { constructor: UsageError, message }, args.join(' '))
})
