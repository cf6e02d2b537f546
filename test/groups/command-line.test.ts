import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { HELP, readCommandLine, UsageError } from '../../lib/groups/command-line.js'
import { listGroups, removeGroup } from '../../lib/groups/sender-groups.js'
import { workersGroup } from '../../lib/subscriber/index.js'
import { Store } from '../../lib/store/index.js'
import { bare } from '../harness/bare.js'
import { compiled } from '../harness/compiled.js'
import { recordingLog } from '../harness/recording-log.js'
import { openStore, uniqueType } from '../harness/store.js'
import { until } from '../harness/until.js'

const CLI = join(await compiled(t), 'lib/groups/cli.js')
const AWAY = 'kurrentdb://127.0.0.1:1?tls=false'

interface Ended { readonly code: number, readonly out: string, readonly errors: string }

/** The command as a process of its own. */
async function run (args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const { KURRENT_HOST: _host, ...rest } = process.env
  return await promisify(execFile)(...bare(process.execPath, CLI, ...args), { env: { ...rest, ...environment } }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, errors: stderr }),
    ({ code, stdout, stderr }: { code: number, stdout: string, stderr: string }) => ({ code, out: stdout, errors: stderr }))
}

/** Two types with groups: of hosts that are gone, and of one whose sender is connected; and one that the workers share. */
async function stage (t: Test) {
  const { connectionString } = await openStore(t)
  const store = Store.open({ connectionString, callLimit: 10 }, recordingLog())
  t.teardown(() => store.close())
  const [type, other] = [uniqueType('Account'), uniqueType('Other')]
  const settings = { ...workersGroup(30, 64), strategy: 'RoundRobin' } as const
  await store.ensureGroup(`$ce-${type}`, `${type}-gone-1`, settings)
  await store.ensureGroup(`$ce-${type}`, `${type}-new`, { ...settings, startFrom: 'end' })
  await store.ensureGroup(`$ce-${other}`, `${other}-gone-2`, settings)
  await store.ensureGroup(type, 'UniStream', workersGroup(30, 64))
  const events = Array.from({ length: 3 }, () => ({ id: randomUUID(), type: 'Thing', data: Buffer.from('{}'), metadata: new Uint8Array() }))
  await store.append(`${type}-${randomUUID()}`, 'no_stream', events)
  const subscription = store.subscribe({
    stream: `$ce-${type}`,
    group: `${type}-live`,
    settings,
    bufferSize: 10,
    onDelivery: ({ ackId, link, event }) => {
      const { revision } = (link ?? event)!
      if (revision === 0n) subscription.ack(ackId)
      if (revision === 1n) subscription.nack('park', 'a test', ackId)
    }
  })
  t.teardown(() => subscription.stop())
  await until(async () => {
    const info = await store.groupInfo(`$ce-${type}`, `${type}-live`)
    return info?.lastCheckpointed === 1n && info.parked === 1n
  })
  return {
    type,
    other,
    store,
    stop: () => subscription.stop(),
    groups: (...args: string[]) => run(args, { KURRENT_HOST: connectionString, AGGREGATE_ACCOUNT_CAPACITY: '5', COMMAND_DEADLINE: '3' })
  }
}

t.test('the groups of a type, and of all', async t => {
  const { groups, type, other, store } = await stage(t)
  const [ofType, ofAll] = await Promise.all([groups('list', type), groups('list')])
  const lines = (text: string) => text.trim().split('\n').map((line) => line.split(/ +/))
  const senders = [
    [`$ce-${type}`, `${type}-gone-1`, '0', '3', '0'],
    [`$ce-${type}`, `${type}-live`, '1', '1', '1'],
    [`$ce-${type}`, `${type}-new`, '0', '?', '0']
  ]
  t.strictSame(lines(ofType.out), [['STREAM', 'GROUP', 'CONNECTED', 'UNHANDLED', 'PARKED'], ...senders, [type, 'UniStream', '0', '0', '0']])
  t.strictSame([ofType.code, ofType.errors], [0, ''])
  const all = lines(ofAll.out)
  for (const row of [...senders, [`$ce-${other}`, `${other}-gone-2`, '0', '0', '0']]) t.ok(all.some((line) => line.join() === row.join()), row[1]!)
  t.notOk(all.some(([stream]) => stream === type), 'those of senders alone')
  t.strictSame(await listGroups(store, uniqueType('None')), [])
})

t.test('a group is removed; one in use only by force', async t => {
  const { groups, type, store, stop } = await stage(t)
  const [gone, live] = await Promise.all([groups('remove', `${type}-gone-1`), groups('remove', `${type}-live`)])
  t.strictSame(gone, { code: 0, out: `removed ${type}-gone-1\n`, errors: '' })
  t.equal(await store.groupInfo(`$ce-${type}`, `${type}-gone-1`), undefined)
  await t.rejects(removeGroup(store, { stream: `$ce-${type}`, group: `${type}-gone-1` }, true), { message: `There is no group ${type}-gone-1 on $ce-${type}` })
  t.match(live, { code: 1, errors: /in use: 1 connected.*--force/ })
  t.ok(await store.groupInfo(`$ce-${type}`, `${type}-live`))
  t.match(await groups('remove', `${type}-live`, '--force'), { code: 0, errors: '' })
  // Its sender makes it anew.
  await until(async () => (await store.groupInfo(`$ce-${type}`, `${type}-live`))?.connections === 1)
  await stop()
})

t.test('what cannot be done is said, with the exit code that tells why', async t => {
  const [help, nothing, embedded, away] = await Promise.all([
    run(['--help']), run([]), run(['list'], { KURRENT_HOST: 'embedded' }),
    run(['list'], { KURRENT_HOST: AWAY, KURRENT_USER: 'ann', KURRENT_PASS: 's3cret' })
  ])
  t.strictSame(help, { code: 0, out: `${HELP}\n`, errors: '' })
  t.match(nothing, { code: 2, errors: /list or remove\nTry --help/ })
  t.match(embedded, { code: 2, errors: /KURRENT_HOST must name a server/ })
  t.match(away, { code: 1, out: '', errors: /check that KurrentDB runs/ })
  t.notMatch(away.errors, /s3cret|\n +at /, 'neither secrets nor the inside')
})

t.test('what can be said to it', async t => {
  for (const word of ['list', 'remove', '--force', '--version', '--help', 'KURRENT_HOST', 'KURRENT_USER']) t.match(HELP, word)
  t.equal(readCommandLine(['-h']), 'help')
  t.equal(readCommandLine(['list', '-v']), 'version')
  t.strictSame(readCommandLine(['list']), { kind: 'list' })
  t.strictSame(readCommandLine(['list', 'Account.Domain.Account']), { kind: 'list', type: 'Account.Domain.Account' })
  t.strictSame(readCommandLine(['remove', 'Account-host-7', '--force']),
    { kind: 'remove', of: { stream: '$ce-Account', group: 'Account-host-7' }, force: true })
  for (const [args, message] of [
    [['drop'], /'drop'/],
    [['list', 'Account', 'more'], /'more'/],
    [['list', '$ce-Account'], /no aggregate type/],
    [['list', '--force'], /for remove/],
    [['remove'], /TYPE-HOSTNAME/],
    [['remove', 'UniStream'], /no group of a sender/],
    [['remove', 'Account-'], /no group of a sender/],
    [['list', '--colour'], /--colour/]
  ] as const) t.throws(() => readCommandLine([...args]), { constructor: UsageError, message }, args.join(' '))
})
