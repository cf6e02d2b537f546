import t, { type Test } from 'tap'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { lockInside } from '../../lib/embedded/log/disk/socket-lock.js'
import { bare } from '../harness/bare.js'
import { compiled } from '../harness/compiled.js'
import { rejection } from './consumer.js'
import { opened } from './logs.js'

const PROGRAM = join(await compiled(t, ['test/harness']), 'test/harness/open-log.js')
const LOCKED = { code: 'UNISTREAM_STORE_LOG_LOCKED' }
/** A network of its own, as a container has one. */
const ELSEWHERE = ['unshare', '-rn']

const skip = await promisify(execFile)(ELSEWHERE[0]!, [...ELSEWHERE.slice(1), 'true']).then(() => false as const, (error: Error) =>
  `a network name space cannot be made here: ${error.message.split('\n')[0]}`)

async function processWith (t: Test, folder: string, prefix: string[] = []): Promise<{ child: ChildProcess, said: string }> {
  const command = [...prefix, ...bare(process.execPath, PROGRAM, folder).flat()]
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => { child.kill('SIGKILL') })
  const [said] = await once(createInterface({ input: child.stdout! }), 'line') as [string]
  return { child, said }
}

const locks = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('lock-'))

for (const [where, prefix] of [['here', []], ['in another network', ELSEWHERE]] as const) {
  t.test(`a process ${where} is kept out, and keeps out, until it is killed`, { skip: prefix.length > 0 && skip }, async (t) => {
    const folder = join(t.testdir(), 'data')
    const first = await opened(t, folder)
    t.equal((await processWith(t, folder, [...prefix])).said, LOCKED.code)
    await first.close()
    t.same(await locks(folder), [])

    const { child, said } = await processWith(t, folder, [...prefix])
    t.equal(said, 'open')
    t.match(await rejection(opened(t, folder)), LOCKED)
    child.kill('SIGSTOP')
    t.match(await rejection(opened(t, folder)), LOCKED, 'also while it does not answer')
    child.kill('SIGKILL')
    await once(child, 'exit')
    t.equal((await locks(folder)).length, 1, 'it leaves its socket')
    const again = await opened(t, folder)
    t.same(again.warnings, [])
    t.equal((await locks(folder)).length, 1)
    await again.close()
    t.same(await locks(folder), [])
  })
}

t.test('of many that find the lock of an ended process at once one gets it', { skip: process.platform === 'win32' && 'there it is a named pipe' }, async (t) => {
  for (let round = 0; round < 10; round++) {
    const folder = join(t.testdir(), `data${round}`)
    await mkdir(folder)
    const { child } = await processWith(t, folder)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockInside(folder)))
    const got = tries.filter((one) => one.status === 'fulfilled')
    t.equal(got.length, 1)
    for (const one of tries) if (one.status === 'rejected') t.match(one.reason, LOCKED)
    await got[0]!.value!()
    t.same(await locks(folder), [])
  }
})

t.test('what was left before it had a name is removed', { skip: process.platform !== 'linux' && 'elsewhere a file is told from a socket' }, async (t) => {
  const folder = t.testdir({ [`lock-${'0'.repeat(16)}.new`]: '' })
  const release = await lockInside(folder)
  t.equal((await locks(folder)).length, 1)
  await release!()
  t.same(await locks(folder), [])
})

t.test('a folder whose path is too long for the address of a socket', { skip: process.platform === 'win32' && 'there it is a named pipe' }, async (t) => {
  const folder = join(t.testdir(), 'x'.repeat(120))
  await mkdir(folder)
  const release = await lockInside(folder)
  t.equal((await locks(folder)).length, 1)
  t.match(await rejection(lockInside(folder)), LOCKED)
  await release!()
  t.same(await locks(folder), [])
})
